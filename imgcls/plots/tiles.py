"""Pictures side by side in one pair of axes, which is drawn far faster than axes for each."""

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from imgcls.errors import InputError
from imgcls.plots.arrays import Floats, finite
from imgcls.plots.figures import new_figure

GAP = 0.08  # of a tile's width
LINE = 1.25  # of a caption, of the height of its letters
LETTER = 0.64  # width of a letter, of its height
LEGIBLE, LARGE = 6, 9  # points
BAR, HIGH = 1.2, 2.9  # inches of a colour bar, and of a figure that has one, at least


class Tile(NamedTuple):
    """A picture ``(H, W, 3)`` in [0, 1], what is written below, and the colour of its frame."""

    picture: Floats
    caption: str = ""
    frame: str | None = None


def as_pictures(images: ArrayLike) -> Floats:
    """Return pictures ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB, as ``(N, H, W, 3)``.

    Raises:
        InputError: There are none, or they are none of these.
    """
    array = np.asarray(images)
    pictures = finite(array, "pictures", 4) / (255 if array.dtype == np.uint8 else 1)
    if pictures.shape[1] not in (1, 3):
        raise InputError(f"pictures have {pictures.shape[1]} channels: give 1 (grey) or 3 (RGB)")
    if pictures.min() < -0.001 or pictures.max() > 1.001:
        raise InputError(
            f"pictures range from {pictures.min():.3g} to {pictures.max():.3g}: give uint8, or "
            "numbers in [0, 1] as before normalisation"
        )
    return np.broadcast_to(
        pictures.clip(0, 1).transpose(0, 2, 3, 1),
        (len(pictures), *pictures.shape[2:], 3),
    )


def even_columns(count: int, wide: float) -> int:
    """Return columns for so many tiles: those that leave the fewest places of the last row empty.

    Args:
        count: Of tiles.
        wide: Columns that would please, of which at least 3/4 and at most 3/2 are taken.
    """
    choices = range(math.ceil(0.75 * wide), math.ceil(1.5 * wide) + 1)
    return min(choices, key=lambda columns: (-count % columns, abs(columns - wide)))


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
    columns = min(columns or even_columns(len(tiles), math.sqrt(1.6 * len(tiles))), len(tiles))
    filled = [tile for tile in tiles if tile]
    ratio = max(tile.picture.shape[0] / tile.picture.shape[1] for tile in filled)
    gap = GAP * min(1, math.sqrt(ratio))
    captions = [tile.caption if tile else "" for tile in tiles]
    longest = max(len(line) for caption in captions for line in caption.splitlines() or [" "])
    points = min(LARGE, max(LEGIBLE, 72 * inches * (1 + gap) / (LETTER * longest)))
    line = LINE * points / 72 / inches
    rows = [captions[start : start + columns] for start in range(0, len(tiles), columns)]
    lines = [max(len(caption.splitlines()) for caption in row) for row in rows]
    tops = [0.0, *accumulate(-(ratio + gap + line * number) for number in lines)]
    margin = max(map(len, row_names), default=0) * LETTER * LARGE / 72
    wide = columns * (1 + gap)
    figure = new_figure(max(4, inches * wide + margin + 0.2), 0.6 - inches * tops[-1], title)
    axes = figure.subplots()
    for place, tile in enumerate(tiles):
        if tile:
            _draw(axes, tile, place % columns * (1 + gap), tops[place // columns], points)
    for top, name in zip(tops, row_names, strict=False):
        axes.text(-gap, top - ratio / 2, name, ha="right", va="center", fontsize=LARGE)
    axes.set(xlim=(-0.03, wide - gap + 0.03), ylim=(tops[-1] + gap / 2, 0.03), aspect="equal")
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
    figure.set_size_inches(figure.get_figwidth() + BAR, max(figure.get_figheight(), HIGH))
    figure.colorbar(scale, ax=figure.axes, label=label, shrink=0.8, **style)
