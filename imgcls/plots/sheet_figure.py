"""The layer summary of a model as a table."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError
from imgcls.plots.figures import new_figure

HEADINGS = ("layer", "kind", "output", "parameters", "calculation", "FLOPs")
NUMBERS = {"parameters", "FLOPs"}  # aligned to the right
POINTS = 8
LETTER, LINE = 0.602 * POINTS / 72, 1.5 * POINTS / 72  # inches, of DejaVu Sans Mono
GAP = 2  # letters between columns

LayerRow = tuple[str, str, tuple[int, ...], int, str, int]


def sheet_figure(rows: Sequence[LayerRow], title: str = "") -> Figure:
    """Return the layer summary as a table, with the totals in the title.

    Args:
        rows: Name, kind, output shape, parameters, their calculation, and FLOPs of each layer, as
            returned by `imgcls.evaluation.layer_summary.layer_summary`.
        title: Title of the figure, such as the model's name.

    Raises:
        InputError: There are no rows.
    """
    if not rows:
        raise InputError("there are no layers to draw: give at least one")
    columns = list(zip(*(_texts(row) for row in rows), strict=True))
    widths = [
        max(map(len, (heading, *column))) for heading, column in zip(HEADINGS, columns, strict=True)
    ]
    width = LETTER * (sum(widths) + GAP * len(widths))
    height = LINE * (len(rows) + 1)
    counted = f"{len(rows)} layers, {sum(row[3] for row in rows):,} parameters, "
    counted += f"{sum(row[5] for row in rows):,} FLOPs per image"
    figure = new_figure(
        max(4.0, width + 0.4), height + 0.8, f"{title}: {counted}" if title else counted
    )
    axes = figure.subplots()
    axes.set(xlim=(0, width / LETTER), ylim=(len(rows) + 0.5, -1))
    axes.set_axis_off()
    left = 0
    for heading, column, wide in zip(HEADINGS, columns, widths, strict=True):
        _write(axes, heading, column, left, wide)
        left += wide + GAP
    axes.axhline(0, color="black", linewidth=0.8)
    return figure


def _write(axes: Axes, heading: str, column: Sequence[str], left: int, wide: int) -> None:
    x, side = (left + wide, "right") if heading in NUMBERS else (left, "left")
    style: dict[str, Any] = {
        "ha": side, "va": "center", "fontsize": POINTS, "family": "monospace"
    }  # fmt: skip
    axes.text(x, -0.5, heading, weight="bold", **style)
    for line, text in enumerate(column):
        axes.text(x, line + 0.5, text, **style)


def _texts(row: LayerRow) -> tuple[str, ...]:
    name, kind, shape, parameters, calculation, flops = row
    return name, kind, " x ".join(map(str, shape)), f"{parameters:,}", calculation, f"{flops:,}"
