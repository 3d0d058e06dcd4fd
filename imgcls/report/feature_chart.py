"""The t-SNE chart, whose points show their images."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, TapTool
from bokeh.plotting import figure
from matplotlib import color_sequences
from matplotlib.colors import to_hex

from imgcls.report.data_uris import SpriteSheet
from imgcls.report.feature_map import FeatureMap

SOURCE, RING = "points", "ring"  # names for the page's script: the points, and the selected one
# Ten colours that suit any colour vision, times ten shapes, as in imgcls.plots.
SHAPES = {
    "circle": "●", "triangle": "▲", "square": "■", "diamond": "◆", "inverted_triangle": "▼",
    "plus": "✚", "star": "★", "hex": "⬢", "x": "✕", "asterisk": "✱",
}  # fmt: skip
SHOWN = 96  # approximate side of an image on the page, in pixels
# The page sets --sprites: a property is visible in the chart's shadow tree, a style sheet is not.
SPRITE = """\
flex: none; width: {width}px; height: {height}px; image-rendering: pixelated; \
background: var(--sprites) {left}px {top}px / {sheet}px auto"""
TOOLTIP = """\
<div style="display: flex; gap: 8px; align-items: center; max-width: 260px">
  <div style="{sprite}"></div>
  <div style="overflow-wrap: anywhere">
    <b>@true</b><br>@mark @predicted<br>@probability{{0.0}} %
  </div>
</div>"""


class Kind(NamedTuple):
    """Colour and shape of the points of a class, or of a group of classes."""

    name: str
    colour: str
    shape: str
    symbol: str


def kinds(found: FeatureMap, classes: Sequence[str]) -> list[Kind]:
    """Return a colour and shape for each class, or group of classes, that has points."""
    colours = [to_hex(colour) for colour in color_sequences["petroff10"]]
    shapes = list(SHAPES.items())
    occurring = {
        found.groups.get(classes[label], classes[label]) for label in found.predictions.labels
    }
    names = [name for name in dict.fromkeys(found.groups.values() or classes) if name in occurring]
    return [
        Kind(name, colours[index % 10], *shapes[index // 10 % len(shapes)])
        for index, name in enumerate(names)
    ]


def feature_chart(found: FeatureMap, classes: Sequence[str], sheet: SpriteSheet) -> figure:
    """Return the chart; pointing at a point shows its image, its class and its prediction."""
    chart = figure(
        height=520, sizing_mode="stretch_width", match_aspect=True, tools="pan,wheel_zoom,reset",
        active_drag=None, active_scroll=None, toolbar_location="above",
    )  # fmt: skip
    source = ColumnDataSource(_columns(found, classes, sheet), name=SOURCE)
    points = chart.scatter(
        "x", "y", source=source, size=6, marker="shape", color="colour", alpha="alpha"
    )
    tooltip = TOOLTIP.format(sprite=sprite_style(sheet, "@left{0}", "@top{0}"))
    chart.add_tools(
        HoverTool(tooltips=tooltip, renderers=[points], limit=1, visible=False),
        # touch screens have no hover: the page shows a tapped point below the chart
        TapTool(
            behavior="inspect", renderers=[points], visible=False,
            callback=CustomJS(code="show(cb_data.source.inspected.indices[0])"),
        ),
    )  # fmt: skip
    ring = ColumnDataSource({"x": [], "y": []}, name=RING)
    chart.scatter("x", "y", source=ring, size=18, fill_color=None, line_color="black", line_width=3)
    chart.axis.visible = False
    chart.grid.visible = False
    chart.toolbar.logo = None
    return chart


def sprite_style(sheet: SpriteSheet, left: str | int = 0, top: str | int = 0) -> str:
    """Return the CSS of one image of a sprite sheet, magnified by an integer.

    Args:
        sheet: The sprite sheet in ``--sprites``.
        left: Horizontal offset of the sheet in pixels; default that of the first image.
        top: Vertical offset.
    """
    zoom = _zoom(sheet)
    width, height = zoom * sheet.width, zoom * sheet.height
    return SPRITE.format(
        width=width, height=height, left=left, top=top, sheet=width * sheet.columns
    )


def _zoom(sheet: SpriteSheet) -> int:
    return max(1, round(SHOWN / max(sheet.width, sheet.height)))


def _columns(found: FeatureMap, classes: Sequence[str], sheet: SpriteSheet) -> dict[str, Any]:
    predictions, zoom = found.predictions, _zoom(sheet)
    index = np.arange(len(found.points))
    true = [classes[label] for label in predictions.labels]
    predicted = [classes[label] for label in predictions.classes[:, 0]]
    looks = {kind.name: kind for kind in kinds(found, classes)}
    groups = [found.groups.get(name, name) for name in true]
    return {
        "x": found.points[:, 0].astype(np.float32),
        "y": found.points[:, 1].astype(np.float32),
        "left": -zoom * sheet.width * (index % sheet.columns),
        "top": -zoom * sheet.height * (index // sheet.columns),
        "true": true,
        "predicted": predicted,
        "mark": ["✓" if correct else "✗" for correct in np.equal(true, predicted)],
        "probability": 100 * predictions.probabilities[:, 0],
        "group": groups,
        "colour": [looks[group].colour for group in groups],
        "shape": [looks[group].shape for group in groups],
        "alpha": [0.8] * len(index),
    }
