"""The interactive charts of the page."""

from collections.abc import Mapping, Sequence
from typing import Literal

from bokeh.models import ColumnDataSource
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure

from imgcls.plots.calibration import CalibrationBin
from imgcls.plots.curves import SPLITS, TRAIN, VAL

GREY = "#717581"


def curve(
    rows: Sequence[Mapping[str, float]],
    name: str,
    unit: str,
    scale: float,
    validated_on: str,
    best_epoch: int | None,
) -> figure:
    """Return training and validation values over the epochs, with the best epoch marked.

    Args:
        rows: One per epoch, as in ``metrics.csv``.
        name: ``loss`` or ``acc``.
        unit: Label of the y axis.
        scale: Factor on the values.
        validated_on: ``val``, or ``test`` if validation used the test split.
        best_epoch: The best epoch, counted from 1; None if no epoch was chosen.
    """
    chart = _chart("epoch", unit, "vline")
    splits = (("train", TRAIN, SPLITS["train"]), ("val", VAL, SPLITS[validated_on]))
    if best_epoch:
        chart.vspan(
            x=[best_epoch], line_color=GREY, line_dash="dotted", line_width=2,
            legend_label=f"best: epoch {best_epoch}",
        )  # fmt: skip
    dots: list[DataRenderer] = []
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
            dots.append(chart.scatter("x", "y", source=source, color=colour, size=5))
    chart.hover.renderers = dots
    chart.hover.tooltips = [("epoch", "@x"), ("@split", "@y{0.000}")]
    chart.legend.location = "top_right" if name == "loss" else "bottom_right"
    chart.legend.background_fill_alpha = 0.7
    return chart


def reliability(bins: Sequence[CalibrationBin]) -> figure:
    """Return the reliability diagram: accuracy by confidence."""
    chart = _chart("confidence (%)", "accuracy (%)", "mouse")
    chart.line(
        [0, 100],
        [0, 100],
        line_color=GREY,
        line_dash="dotted",
        legend_label="calibrated",
    )
    source = ColumnDataSource(
        {
            "left": [100 * each.low for each in bins],
            "right": [100 * each.high for each in bins],
            "confidence": [100 * each.confidence for each in bins],
            "accuracy": [100 * each.accuracy for each in bins],
            "images": [each.images for each in bins],
        }
    )
    chart.quad(
        "left", "right", "accuracy", 0, source=source, color=TRAIN, alpha=0.7, line_color="white",
        legend_label="accuracy",
    )  # fmt: skip
    chart.hover.tooltips = [
        ("confidence", "@confidence{0.0} %"), ("accuracy", "@accuracy{0.0} %"),
        ("images", "@images"),
    ]  # fmt: skip
    chart.legend.location = "top_left"
    return chart


def _chart(xlabel: str, ylabel: str, mode: Literal["mouse", "vline"]) -> figure:
    chart = figure(
        height=300, sizing_mode="stretch_width", tools="hover", toolbar_location=None,
        x_axis_label=xlabel, y_axis_label=ylabel,
    )  # fmt: skip
    chart.hover.mode = mode
    return chart
