"""Small multiples: one panel per hyper-parameter, all with the same accuracy axis."""

import math
import textwrap
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from imgcls.plots.figures import new_figure

COLUMNS = 4
LETTERS = 36  # that fit side by side below a panel
LEGIBLE = 12  # values that fit at equal distances


def small_multiples(names: Sequence[str], ylabel: str, title: str) -> tuple[Figure, list[Axes]]:
    """Return a figure and its empty panels, one per name, which share the y axis."""
    rows = math.ceil(len(names) / COLUMNS)
    columns = math.ceil(len(names) / rows)
    figure = new_figure(2.2 + 3 * columns, 0.8 + 3 * rows, title)
    panels = list(figure.subplots(rows, columns, sharey=True, squeeze=False).flat)
    for axes in panels[len(names) :]:
        axes.remove()
    for index, (axes, name) in enumerate(zip(panels, names, strict=False)):
        axes.set_xlabel(name)
        if index % columns == 0:
            axes.set_ylabel(ylabel)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels[: len(names)]


def spans_a_decade(numbers: Sequence[float]) -> bool:
    """Return whether numbers are positive and span a factor of ten or more."""
    return min(numbers) > 0 and max(numbers) >= 10 * min(numbers)


def _are_apart_by_factors(numbers: Sequence[float]) -> bool:
    """Return whether the numbers are legible on one logarithmic axis."""
    if not spans_a_decade(numbers):
        return False
    logs = sorted(math.log(number) for number in set(numbers))
    return min(high - low for low, high in pairwise(logs)) * LEGIBLE >= logs[-1] - logs[0]


def label_values(axes: Axes, values: Sequence[str]) -> dict[str, float]:
    """Label the axis with values and return the position of each, in order.

    Numbers that span a decade get a logarithmic axis if they are legible there; other numbers are
    sorted and evenly spaced, and words keep their order.
    """
    try:
        ordered = sorted(values, key=float)
        logarithmic = _are_apart_by_factors([float(value) for value in values])
    except ValueError:
        ordered, logarithmic = list(values), False
    positions = {value: float(value if logarithmic else i) for i, value in enumerate(ordered)}
    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(list(positions.values()), ordered)
    axes.margins(x=0.1)
    _keep_apart(axes, ordered)
    return positions


def _keep_apart(axes: Axes, values: Sequence[str]) -> None:
    """Break long values into lines, or slant those that are one long word."""
    room = LETTERS // len(values)
    if max(len(word) for value in values for word in value.split()) > room:
        axes.tick_params(axis="x", rotation=30)
        for text in axes.get_xticklabels():
            text.set(ha="right", rotation_mode="anchor")
    else:
        axes.set_xticklabels([textwrap.fill(value, room) for value in values])


def mark_failed(panels: Sequence[Axes], positions: Sequence[Sequence[float]]) -> None:
    """Draw a cross below all accuracies at each position of each panel where a run failed."""
    if not any(positions):
        return
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(low - 0.1 * (high - low), high)
    for axes, failed in zip(panels, positions, strict=True):
        foot = [0.04] * len(failed)
        across = axes.get_xaxis_transform()
        axes.plot(failed, foot, "x", color="black", label="failed", transform=across)


def add_legend(figure: Figure, panels: Sequence[Axes]) -> None:
    """Add one legend for all panels to their right."""
    marks: dict[str, Artist] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        marks |= dict(zip(labels, handles, strict=True))
    figure.legend(list(marks.values()), list(marks), loc="outside right center", frameon=False)
