"""Pictures side by side in one pair of axes, which is drawn far faster than axes for each."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from imgcls.plots.arrays import Floats, finite
from imgcls.plots.figures import new_figure

GAP = 0.08  # of a tile's width
LETTER = 0.64  # width of a letter, of its height
LEGIBLE, LARGE = 6, 9  # points
BAR = 1.2  # inches of a colour bar


class Tile(NamedTuple):
    """A picture ``(H, W, 3)`` in [0, 1], what is written below, and the colour of its frame."""

    picture: Floats
    caption: str = ""
    frame: str | None = None


def as_pictures(images: ArrayLike) -> Floats:
    """Return pictures ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB, as ``(N, H, W, 3)``.

    Raises:
        ValueError: There are none, or they are none of these.
    """
    array = np.asarray(images)
    pictures = finite(array, "pictures", 4) / (255 if array.dtype == np.uint8 else 1)
    if pictures.shape[1] not in (1, 3):
        raise ValueError(f"pictures have {pictures.shape[1]} channels: give 1 (grey) or 3 (RGB)")
    if pictures.min() < -0.001 or pictures.max() > 1.001:
        raise ValueError(
            f"pictures range from {pictures.min():.3g} to {pictures.max():.3g}: give uint8, or "
            "numbers in [0, 1] as before normalisation"
        )
    return np.broadcast_to(
        pictures.clip(0, 1).transpose(0, 2, 3, 1),
        (len(pictures), *pictures.shape[2:], 3),
    )


def tile_grid(
    tiles: Sequence[Tile | None],
    title: str,
    columns: int | None = None,
    inches: float = 1.2,
    row_names: Sequence[str] = (),
) -> Figure:
    """Return tiles drawn row by row, by default in about as many columns as rows.

    Args:
        tiles: At least one; pictures may differ in size; None leaves a place empty.
        title: Above all.
        columns: Number of columns.
        inches: Width of a tile.
        row_names: Written to the left of each row.
    """
    columns = min(columns or math.ceil(math.sqrt(1.6 * len(tiles))), len(tiles))
    filled = [tile for tile in tiles if tile]
    ratio = max(tile.picture.shape[0] / tile.picture.shape[1] for tile in filled)
    captions = [tile.caption.splitlines() for tile in filled]
    longest = max((len(line) for lines in captions for line in lines), default=1)
    points = min(LARGE, max(LEGIBLE, 72 * inches * (1 + GAP) / (LETTER * longest)))
    below = max(map(len, captions)) * 1.25 * points / 72 / inches
    pitch = ratio + below + GAP
    rows = math.ceil(len(tiles) / columns)
    margin = max(map(len, row_names), default=0) * LETTER * LARGE / 72
    wide, high = columns * (1 + GAP), rows * pitch
    figure = new_figure(max(4, inches * wide + margin + 0.2), inches * high + 0.6, title)
    axes = figure.subplots()
    for place, tile in enumerate(tiles):
        if tile:
            _draw(axes, tile, place % columns * (1 + GAP), -(place // columns) * pitch, points)
    for row, name in enumerate(row_names):
        middle = -row * pitch - ratio / 2
        axes.text(-GAP, middle, name, ha="right", va="center", fontsize=LARGE)
    axes.set(xlim=(-0.03, wide - GAP + 0.03), ylim=(-high + GAP / 2, 0.03), aspect="equal")
    axes.set_axis_off()
    return figure


def _draw(axes: Axes, tile: Tile, left: float, top: float, points: float) -> None:
    height = tile.picture.shape[0] / tile.picture.shape[1]
    extent = (left, left + 1, top - height, top)
    axes.imshow(tile.picture, extent=extent, interpolation="nearest")
    if tile.frame:
        corner = (left, top - height)
        axes.add_patch(Rectangle(corner, 1, height, fill=False, color=tile.frame, linewidth=2.5))
    axes.annotate(
        tile.caption,
        (left + 0.5, top - height),
        (0, -2),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=points,
        linespacing=1.1,
    )


def in_pairs(above: Sequence[Tile], below: Sequence[Tile], columns: int) -> list[Tile | None]:
    """Return tiles for a grid of so many columns, each of ``above`` over its one of ``below``."""
    placed: list[Tile | None] = []
    for start in range(0, len(above), columns):
        for tiles in (above, below):
            row = tiles[start : start + columns]
            placed += [*row, *[None] * (min(columns, len(above)) - len(row))]
    return placed


def add_scale(figure: Figure, scale: ScalarMappable, label: str, **style: Any) -> None:
    """Add a colour bar on the right, beyond the tiles."""
    figure.set_size_inches(figure.get_figwidth() + BAR, max(figure.get_figheight(), 3 * BAR))
    figure.colorbar(scale, ax=figure.axes, label=label, shrink=0.8, **style)
