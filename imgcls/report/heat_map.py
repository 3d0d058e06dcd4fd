"""The confusion matrix of the page."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    CustomJS,
    FixedTicker,
    LinearAxis,
    LogColorMapper,
    Range1d,
)
from bokeh.models.annotations import ColorBar
from bokeh.models.axes import Axis
from bokeh.palettes import Blues256
from bokeh.plotting import figure
from numpy.typing import NDArray

NAMED = 20  # classes whose names fit at any width
NARROW = 640  # pixels
PALETTE = list(Blues256[215::-1])  # without the palest colours, which are hardly visible on white
TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]  # percent
LINE = "#d9dce1"


def heat_map(
    counts: NDArray[np.int64], classes: Sequence[str], groups: Mapping[str, str]
) -> figure:
    """Return the confusion matrix as fractions of each true class; only cells with images.

    The colour scale is logarithmic, since most confusions are rare.

    Args:
        counts: ``(K, K)``, rows true, columns predicted.
        classes: The K class names.
        groups: Class to superclass, which sorts the classes; or empty.
    """
    order = sorted(range(len(classes)), key=lambda index: groups.get(classes[index], ""))
    names = [classes[index] for index in order]
    chart = _chart(names, "superclasses" if groups else "labels")
    source = _cells(counts[np.ix_(order, order)], names, groups)
    percent = source.data["percent"]
    colours = LogColorMapper(palette=PALETTE, low=min(10, min(percent, default=10)), high=100)
    chart.rect(
        "x", "y", 0.96, 0.96, source=source, color={"field": "percent", "transform": colours}
    )
    bar = ColorBar(
        color_mapper=colours, ticker=FixedTicker(ticks=TICKS), height=10,
        title="fraction of the true class (%)",
    )  # fmt: skip
    chart.add_layout(bar, "below")
    group = [("superclasses", "@true_group, @predicted_group")] if groups else []
    chart.hover.tooltips = [
        ("true", "@true"), ("predicted", "@predicted"), *group,
        ("images", "@count (@percent{0.0} %)"),
    ]  # fmt: skip
    _name_classes(chart, names, [groups[name] for name in names] if groups else [])
    return chart


def _chart(names: Sequence[str], order: str) -> figure:
    """Return an empty chart with true classes as rows and predicted classes as columns."""
    count = len(names)
    chart = figure(
        title=f"classes in the order of their {order}",
        x_range=Range1d(start=-0.5, end=count - 0.5), y_range=Range1d(start=count - 0.5, end=-0.5),
        x_axis_location="above", x_axis_label="predicted class", y_axis_label="true class",
        tools="hover,pan,wheel_zoom,reset", toolbar_location="above",
        active_drag=None, active_scroll=None,  # touch scrolls the page, unless a tool is selected
    )  # fmt: skip
    chart.toolbar.logo = None
    if count <= NAMED:
        chart.height, chart.sizing_mode = 460, "stretch_width"
    else:
        chart.aspect_ratio, chart.sizing_mode = 1.05, "scale_width"
    return chart


def _cells(
    counts: NDArray[np.int64], names: Sequence[str], groups: Mapping[str, str]
) -> ColumnDataSource:
    rows, columns = counts.nonzero()
    found = counts[rows, columns]
    cells = {
        "x": columns,
        "y": rows,
        "true": [names[row] for row in rows.tolist()],
        "predicted": [names[column] for column in columns.tolist()],
        "count": found,
        "percent": 100 * found / counts.sum(1)[rows],
    }
    for name in ("true", "predicted") if groups else ():
        cells[f"{name}_group"] = [groups[each] for each in cells[name]]
    return ColumnDataSource(cells)


def _name_classes(chart: figure, names: Sequence[str], groups: Sequence[str]) -> None:
    """Label the axes with classes; superclasses are on the right, with lines between them."""
    for axis in chart.axis:
        axis.ticker = FixedTicker(ticks=list(range(len(names))))
        axis.major_label_overrides = dict(enumerate(names))
        if len(names) > NAMED:
            axis.major_label_text_font_size = "7px"
            axis.major_tick_line_color = None
    chart.xaxis.major_label_orientation = "vertical"
    starts = [i for i in range(1, len(groups)) if groups[i] != groups[i - 1]]
    chart.grid.ticker = FixedTicker(ticks=[start - 0.5 for start in starts])
    chart.grid.grid_line_color = LINE
    if groups:
        edges = [0, *starts, len(groups)]
        middles = [(low + high - 1) / 2 for low, high in pairwise(edges)]
        side_axis: Axis = LinearAxis(major_label_text_font_size="9px", major_tick_line_color=None)
        side_axis.ticker = FixedTicker(ticks=middles)
        side_axis.major_label_overrides = {middle: groups[round(middle)] for middle in middles}
        chart.add_layout(side_axis, "right")
    if len(names) > NAMED:  # on a phone only the tooltip shows them
        chart.js_on_change(
            "outer_width",
            CustomJS(
                args={"axes": chart.axis},
                code=f"for (const axis of axes) axis.visible = cb_obj.outer_width > {NARROW}",
            ),
        )
