"""Example images of each class."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import class_numbers
from imgcls.plots.tiles import Tile, as_rgb, even_columns, tile_grid

MISSING = 0.85  # grey where a class has fewer images than requested
LARGE, SMALL, MANY = 0.9, 0.5, 150  # width of an image in inches; small if there are many


def class_examples(
    images: ArrayLike, labels: ArrayLike, classes: Sequence[str], each: int = 1, title: str = ""
) -> Figure:
    """Return the first images of each class above its name; a missing image is grey.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        labels: ``(N,)``, in [0, K).
        classes: The K class names.
        each: Images per class.
        title: Title of the figure; default the number of images and classes.

    Raises:
        InputError: There are no images, or the labels do not match them.
    """
    pixels = as_rgb(images)
    numbers = class_numbers(labels, len(pixels), len(classes))
    tiles = []
    for number, name in enumerate(classes):
        found = pixels[numbers == number][:each]
        strip = np.full((each, *pixels.shape[1:]), MISSING)
        strip[: len(found)] = found
        tiles.append(Tile(np.concatenate(list(strip), axis=1), name))
    columns = even_columns(len(classes), math.sqrt(1.6 * len(classes) / each))
    plural = "" if each == 1 else "s"
    title = title or f"{each} image{plural} of each of {len(classes)} classes"
    inches = LARGE if len(classes) * each <= MANY else SMALL
    return tile_grid(tiles, title, columns, each * inches)
