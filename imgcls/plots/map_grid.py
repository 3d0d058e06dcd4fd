"""The activation maps of a layer for one image."""

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import finite
from imgcls.plots.curves import VAL
from imgcls.plots.tiles import Tile, add_scale, as_rgb, tile_grid


def map_grid(maps: ArrayLike, title: str = "", picture: ArrayLike | None = None) -> Figure:
    """Return the activation maps of one layer for one image, on one colour scale.

    The scale ends at the 99.5th percentile. Maps that are zero everywhere are marked and counted as
    dead.

    Args:
        maps: ``(M, H, W)``, after the activation.
        title: Title of the figure, such as the layer's name.
        picture: The image ``(C, H, W)``, uint8 or in [0, 1], to be drawn first.

    Raises:
        InputError: There are no maps, or they are not finite.
    """
    array = finite(maps, "activation maps", 3)
    scale = Normalize(min(array.min(), 0), np.quantile(array, 0.995) or 1)
    dead = np.flatnonzero(np.abs(array).max((1, 2)) == 0)
    colours = matplotlib.colormaps["viridis"]
    tiles = [
        Tile(colours(scale(values))[..., :3], f"{number}: dead", VAL)
        if number in dead
        else Tile(colours(scale(values))[..., :3], f"{number}")
        for number, values in enumerate(array)
    ]
    if picture is not None:
        tiles.insert(0, Tile(as_rgb(np.asarray(picture)[None])[0], "image"))
    counted = f"{len(array)} maps, {len(dead)} dead"
    figure = tile_grid(tiles, f"{title}: {counted}" if title else counted, inches=0.9)
    label = f"activation (no unit), one scale for all maps\nhighest: {array.max():.3g}"
    add_scale(figure, ScalarMappable(scale, colours), label, extend="max")
    return figure
