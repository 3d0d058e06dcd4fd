"""What the classes look like."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import class_numbers
from imgcls.plots.tiles import Tile, as_pictures, even_columns, tile_grid

MISSING = 0.85  # grey where a class has fewer pictures than were asked for
LARGE, SMALL, MANY = 0.9, 0.5, 150  # inches of a picture, small if they are many


def class_examples(
    images: ArrayLike, labels: ArrayLike, classes: Sequence[str], each: int = 1, title: str = ""
) -> Figure:
    """Return the first pictures of each class, its name below; grey where there are none.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        labels: ``(N,)``, in [0, K).
        classes: The K class names.
        each: Pictures a class.
        title: What they are; by default how many.

    Raises:
        InputError: There are no pictures, or they and the labels do not fit.
    """
    pictures = as_pictures(images)
    numbers = class_numbers(labels, len(pictures), len(classes))
    tiles = []
    for number, name in enumerate(classes):
        found = pictures[numbers == number][:each]
        strip = np.full((each, *pictures.shape[1:]), MISSING)
        strip[: len(found)] = found
        tiles.append(Tile(np.concatenate(list(strip), axis=1), name))
    columns = even_columns(len(classes), math.sqrt(1.6 * len(classes) / each))
    plural = "" if each == 1 else "s"
    title = title or f"{each} picture{plural} of each of {len(classes)} classes"
    inches = LARGE if len(classes) * each <= MANY else SMALL
    return tile_grid(tiles, title, columns, each * inches)
