"""The page's charts, which answer to the pointer."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange
from bokeh.palettes import Blues256
from bokeh.plotting import figure
from bokeh.transform import linear_cmap
from numpy.typing import NDArray

from imgcls.plots.curves import SPLITS, TRAIN, VAL
from imgcls.report.numbers import Bin

GREY = "#717581"


def curve(
    rows: Sequence[Mapping[str, float]],
    name: str,
    unit: str,
    scale: float,
    validated_on: str = "val",
) -> figure:
    """Return training and validation values over the epochs.

    Args:
        rows: One an epoch, as in ``metrics.csv``.
        name: ``loss`` or ``acc``.
        unit: What the axis upwards says.
        scale: Factor on the values.
        validated_on: ``test`` if the test split was validated on.
    """
    chart = _chart("epoch", unit, "vline")
    splits = (("train", TRAIN, SPLITS["train"]), ("val", VAL, SPLITS[validated_on]))
    for split, colour, label in splits:
        points = [
            (row["epoch"] + 1, scale * row[key])
            for row in rows
            if (key := f"{split}/{name}") in row
        ]
        if points:
            x, y = zip(*points, strict=True)
            source = ColumnDataSource({"x": x, "y": y, "split": [label] * len(x)})
            chart.line("x", "y", source=source, line_color=colour, line_width=2, legend_label=label)
            chart.scatter("x", "y", source=source, color=colour, size=5)
    chart.hover.tooltips = [("epoch", "@x"), ("@split", "@y{0.000}")]
    chart.legend.location = "top_right" if name == "loss" else "bottom_right"
    chart.legend.background_fill_alpha = 0.7
    return chart


def heat_map(counts: NDArray[np.int64], classes: Sequence[str]) -> figure:
    """Return the confusion matrix as shares of each true class; only cells with pictures."""
    names = list(classes)
    side = 520 if len(names) > 20 else 420
    chart = figure(
        x_range=FactorRange(factors=names), y_range=FactorRange(factors=names[::-1]),
        height=side, sizing_mode="stretch_width",
        x_axis_location="above", tools="hover,pan,wheel_zoom,reset", x_axis_label="taken for",
        y_axis_label="true class", toolbar_location="right",
        active_drag=None, active_scroll=None,  # a finger scrolls the page, until it chooses a tool
    )  # fmt: skip
    rows, columns = counts.nonzero()
    found = counts[rows, columns]
    shares = 100 * found / counts.sum(1)[rows]
    source = ColumnDataSource(
        {
            "true": [names[row] for row in rows],
            "predicted": [names[column] for column in columns],
            "count": found,
            "share": shares,
        }
    )
    colours = linear_cmap("share", Blues256[::-1], 0, 100)
    chart.rect("predicted", "true", 0.95, 0.95, source=source, color=colours)
    chart.hover.tooltips = [
        ("true", "@true"), ("taken for", "@predicted"), ("pictures", "@count (@share{0.0} %)")
    ]  # fmt: skip
    chart.toolbar.logo = None
    chart.xaxis.major_label_orientation = 1.2
    chart.grid.visible = False
    if len(names) > 20:  # the pointer tells which
        chart.axis.major_label_text_font_size = "0px"
        chart.axis.major_tick_line_color = None
    return chart


def reliability(bins: Sequence[Bin]) -> figure:
    """Return how often answers of each confidence are right."""
    chart = _chart("confidence (%)", "right (%)", "mouse")
    chart.line(
        [0, 100],
        [0, 100],
        line_color=GREY,
        line_dash="dotted",
        legend_label="as confident as right",
    )
    source = ColumnDataSource(
        {
            "left": [100 * each.low for each in bins],
            "right": [100 * each.high for each in bins],
            "confidence": [100 * each.confidence for each in bins],
            "accuracy": [100 * each.accuracy for each in bins],
            "pictures": [each.pictures for each in bins],
        }
    )
    chart.quad(
        "left", "right", "accuracy", 0, source=source, color=TRAIN, alpha=0.7, line_color="white",
        legend_label="right",
    )  # fmt: skip
    chart.hover.tooltips = [
        ("confidence", "@confidence{0.0} %"), ("right", "@accuracy{0.0} %"),
        ("pictures", "@pictures"),
    ]  # fmt: skip
    chart.legend.location = "top_left"
    return chart


def _chart(across: str, upwards: str, mode: Literal["mouse", "vline"]) -> figure:
    chart = figure(
        height=300, sizing_mode="stretch_width", tools="hover,reset,box_zoom",
        x_axis_label=across, y_axis_label=upwards, active_drag=None,
    )  # fmt: skip
    chart.hover.mode = mode
    chart.toolbar.logo = None
    return chart
