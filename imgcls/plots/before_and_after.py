"""What augmentation does to pictures."""

import math

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.errors import InputError
from imgcls.plots.tiles import Tile, as_pictures, in_pairs, tile_grid

COLUMNS = 10


def before_and_after(images: ArrayLike, augmented: ArrayLike, title: str = "") -> Figure:
    """Return pictures above their augmented versions, ten side by side.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        augmented: The same N pictures, augmented; they may have another size.
        title: Of what.

    Raises:
        InputError: There are no pictures, or another number of augmented ones.
    """
    before, after = as_pictures(images), as_pictures(augmented)
    if len(before) != len(after):
        raise InputError(f"there are {len(before)} pictures and {len(after)} augmented ones")
    columns = max(1, min(COLUMNS, len(before)))
    tiles = in_pairs([*map(Tile, before)], [*map(Tile, after)], columns)
    names = ("original", "augmented") * math.ceil(len(before) / columns)
    return tile_grid(tiles, title or "before and after augmentation", columns, 0.9, names)
