"""The first page of the PDF report."""

import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.plots.curves import SPLITS
from imgcls.plots.figures import new_figure
from imgcls.report.metadata import metadata
from imgcls.runs.run import Run

WIDTH, HEIGHT = 10.7, 6.9  # inches, about
SOFT = "0.35"
LINE, INDENT = 0.21, 1.3  # inches, of metadata
LETTERS = 116  # of a line of metadata


def first_page(run: Run, notes: Sequence[str]) -> Figure:
    """Return a figure with the scores, their intervals and the metadata of a run.

    Args:
        run: The run.
        notes: Sentences on what is missing in the report.
    """
    result = run.result
    figure = new_figure(WIDTH, HEIGHT, "")
    axes = figure.subplots()
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.set_axis_off()
    axes.text(0, 0.4, result["experiment"], fontsize=24, weight="bold")
    axes.text(0, 0.75, f"{result['run']}: {result['model']} on {result['data']}", fontsize=13)
    _write_scores(axes, run)
    top = 3.1
    for about, text in [*metadata(run).items(), *(("note", sentence) for sentence in notes)]:
        lines = textwrap.wrap(text, LETTERS, break_on_hyphens=False)
        style: dict[str, Any] = {"va": "top", "fontsize": 10, "linespacing": 1.4}
        axes.text(0, top, about, color=SOFT, **style)
        axes.text(INDENT, top, "\n".join(lines), **style)
        top += LINE * len(lines) + 0.12
    written = f"written {datetime.now():%Y-%m-%d %H:%M:%S} by imgcls"
    axes.text(0, HEIGHT - 0.2, written, fontsize=9, color=SOFT)
    return figure


def _write_scores(axes: Axes, run: Run) -> None:
    scored = [(name, run.result[key]) for key, name in SPLITS.items() if key in run.result]
    for column, (name, score) in enumerate(scored):
        left = column * WIDTH / len(SPLITS)
        low, high = score["accuracy_interval"]
        axes.text(left, 1.45, f"{name} accuracy", fontsize=11, color=SOFT)
        axes.text(left, 1.85, f"{score['accuracy']:.2%}", fontsize=22, weight="bold")
        text = f"95 %: {low:.1%} to {high:.1%}\ntop-5 {score['top5_accuracy']:.1%}, "
        text += f"loss {score['loss']:.3f}\n{score['images']:,} images"
        axes.text(left, 1.95, text, va="top", fontsize=11, linespacing=1.4)
