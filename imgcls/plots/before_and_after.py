"""What augmentation does to images."""

import math

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.errors import InputError
from imgcls.plots.tiles import Tile, as_rgb, in_pairs, tile_grid

COLUMNS = 10


def before_and_after(images: ArrayLike, augmented: ArrayLike, title: str = "") -> Figure:
    """Return images with their augmented versions below them, ten per row.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        augmented: The same N images after augmentation; their size may differ.
        title: Title of the figure.

    Raises:
        InputError: There are no images, or the number of augmented images differs.
    """
    before, after = as_rgb(images), as_rgb(augmented)
    if len(before) != len(after):
        raise InputError(
            f"there are {len(before)} images but {len(after)} augmented images: give one for each"
        )
    columns = max(1, min(COLUMNS, len(before)))
    tiles = in_pairs([*map(Tile, before)], [*map(Tile, after)], columns)
    names = ("original", "augmented") * math.ceil(len(before) / columns)
    return tile_grid(tiles, title or "before and after augmentation", columns, 0.9, names)
