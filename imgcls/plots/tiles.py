"""A grid of images in one pair of axes, which is far faster than axes for each image."""

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
    """An image ``(H, W, 3)`` in [0, 1], the caption below it, and the colour of its frame."""

    pixels: Floats
    caption: str = ""
    frame: str | None = None


def as_rgb(images: ArrayLike) -> Floats:
    """Return images ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB, as ``(N, H, W, 3)``.

    Raises:
        InputError: There are no images, or their type, range or channels are none of these.
    """
    array = np.asarray(images)
    pixels = finite(array, "images", 4) / (255 if array.dtype == np.uint8 else 1)
    if pixels.shape[1] not in (1, 3):
        raise InputError(f"images have {pixels.shape[1]} channels: give 1 (grey) or 3 (RGB)")
    if pixels.min() < -0.001 or pixels.max() > 1.001:
        raise InputError(
            f"images range from {pixels.min():.3g} to {pixels.max():.3g}: give uint8, or "
            "numbers in [0, 1] as before normalisation"
        )
    return np.broadcast_to(
        pixels.clip(0, 1).transpose(0, 2, 3, 1),
        (len(pixels), *pixels.shape[2:], 3),
    )


as_pictures = as_rgb  # the name that notebooks of version 0.1 import


def even_columns(count: int, wide: float) -> int:
    """Return the number of columns that leaves the fewest cells of the last row empty.

    Args:
        count: Number of tiles.
        wide: Preferred number of columns; the result is between 3/4 and 3/2 of it.
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
        tiles: At least one; images may differ in size; None leaves a cell empty.
        title: Title of the figure.
        columns: Number of columns.
        inches: Width of a tile.
        row_names: Written to the left of each row.
    """
    columns = min(columns or even_columns(len(tiles), math.sqrt(1.6 * len(tiles))), len(tiles))
    filled = [tile for tile in tiles if tile]
    ratio = max(tile.pixels.shape[0] / tile.pixels.shape[1] for tile in filled)
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
    for index, tile in enumerate(tiles):
        if tile:
            _draw(axes, tile, index % columns * (1 + gap), tops[index // columns], points)
    for top, name in zip(tops, row_names, strict=False):
        axes.text(-gap, top - ratio / 2, name, ha="right", va="center", fontsize=LARGE)
    axes.set(xlim=(-0.03, wide - gap + 0.03), ylim=(tops[-1] + gap / 2, 0.03), aspect="equal")
    axes.set_axis_off()
    return figure


def _draw(axes: Axes, tile: Tile, left: float, top: float, points: float) -> None:
    height = tile.pixels.shape[0] / tile.pixels.shape[1]
    extent = (left, left + 1, top - height, top)
    axes.imshow(tile.pixels, extent=extent, interpolation="nearest")
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
    """Return tiles for a grid with each tile of ``above`` over its partner of ``below``."""
    placed: list[Tile | None] = []
    for start in range(0, len(above), columns):
        for tiles in (above, below):
            row = tiles[start : start + columns]
            placed += [*row, *[None] * (min(columns, len(above)) - len(row))]
    return placed


def add_scale(figure: Figure, scale: ScalarMappable, label: str, **style: Any) -> None:
    """Add a colour bar to the right of the tiles."""
    figure.set_size_inches(figure.get_figwidth() + BAR, max(figure.get_figheight(), HIGH))
    figure.colorbar(scale, ax=figure.axes, label=label, shrink=0.8, **style)
