"""The filters of a convolution."""

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import finite
from imgcls.plots.tiles import Tile, add_scale, tile_grid


def filter_grid(weights: ArrayLike, title: str = "") -> Figure:
    """Return filters on one symmetric scale: in colour with 3 channels, else their mean in grey.

    Args:
        weights: Weights ``(M, C, H, W)`` of a convolution.
        title: Title of the figure, such as the layer's name.

    Raises:
        InputError: There are no weights, or they are not finite.
    """
    array = finite(weights, "weights", 4)
    filters = array if array.shape[1] == 3 else array.mean(1, keepdims=True)
    largest = np.abs(filters).max() or 1.0
    colours = np.broadcast_to(
        0.5 + filters.transpose(0, 2, 3, 1) / (2 * largest), (len(filters), *filters.shape[2:], 3)
    )
    count, channels, height, width = array.shape
    counted = f"{count} filters {channels} x {height} x {width}"
    tiles = [Tile(image) for image in colours]
    figure = tile_grid(tiles, f"{title}: {counted}" if title else counted, inches=0.6)
    label = "weight of each colour" if channels == 3 else "weight, mean of the inputs"
    scale = ScalarMappable(Normalize(-largest, largest), "gray")
    add_scale(figure, scale, f"{label} (no unit)")
    return figure
