"""Heat maps over images, such as those of Grad-CAM."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from imgcls.errors import InputError
from imgcls.plots.arrays import Floats, finite
from imgcls.plots.tiles import Tile, add_scale, as_rgb, in_pairs, tile_grid

COLUMNS = 8
COLOURS, OPACITY = "inferno", 0.55


def overlay(
    images: ArrayLike, heat: ArrayLike, captions: Sequence[str] | None = None, title: str = ""
) -> Figure:
    """Return images with the same images under heat maps below; each map is scaled to its maximum.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        heat: Heat maps ``(N, H', W')``, at least 0, such as Grad-CAM's; resized to the image.
        captions: One per image.
        title: Title of the figure.

    Raises:
        InputError: There are no images, or the numbers of maps or captions differ.
    """
    pixels, maps = as_rgb(images), finite(heat, "heat maps", 3)
    captions = [""] * len(pixels) if captions is None else captions
    if not len(pixels) == len(maps) == len(captions):
        raise InputError(
            f"there are {len(pixels)} images, {len(maps)} heat maps and {len(captions)} captions: "
            "give one map and one caption per image"
        )
    covered = [
        Tile((1 - OPACITY) * image + OPACITY * _colours(values, image.shape[:2]), caption)
        for image, values, caption in zip(pixels, maps, captions, strict=True)
    ]
    columns = max(1, min(COLUMNS, len(pixels)))
    tiles = in_pairs([*map(Tile, pixels)], covered, columns)
    figure = tile_grid(tiles, title or "heat maps", columns, 1.2)
    label = "heat (fraction of each map's maximum)"
    add_scale(figure, ScalarMappable(cmap=COLOURS), label)
    return figure


def _colours(heat: Floats, size: tuple[int, int]) -> Floats:
    """Return a map as ``(H, W, 3)``, resized to the height and width of an image."""
    fraction = Image.fromarray((heat / (heat.max() or 1)).astype(np.float32))
    stretched = np.asarray(fraction.resize(size[::-1], Image.Resampling.BILINEAR))
    coloured: Floats = matplotlib.colormaps[COLOURS](stretched)[..., :3]
    return coloured
