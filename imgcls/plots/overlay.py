"""Where a model looks."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from imgcls.errors import InputError
from imgcls.plots.arrays import Floats, finite
from imgcls.plots.tiles import Tile, add_scale, as_pictures, in_pairs, tile_grid

COLUMNS = 8
COLOURS, OPACITY = "inferno", 0.55


def overlay(
    images: ArrayLike, heat: ArrayLike, captions: Sequence[str] | None = None, title: str = ""
) -> Figure:
    """Return pictures above the same under heat maps, each map from 0 to its own highest.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        heat: ``(N, H', W')`` of at least 0, such as Grad-CAM's; stretched over the picture.
        captions: One a picture.
        title: Of what.

    Raises:
        InputError: There are no pictures, or other numbers of maps or captions.
    """
    pictures, maps = as_pictures(images), finite(heat, "heat maps", 3)
    captions = [""] * len(pictures) if captions is None else captions
    if not len(pictures) == len(maps) == len(captions):
        raise InputError(
            f"there are {len(pictures)} pictures, {len(maps)} heat maps, {len(captions)} captions"
        )
    covered = [
        Tile((1 - OPACITY) * picture + OPACITY * _colours(values, picture.shape[:2]), caption)
        for picture, values, caption in zip(pictures, maps, captions, strict=True)
    ]
    columns = max(1, min(COLUMNS, len(pictures)))
    tiles = in_pairs([*map(Tile, pictures)], covered, columns)
    figure = tile_grid(tiles, title or "where the model looks", columns, 1.2)
    label = "heat (share of each map's highest)"
    add_scale(figure, ScalarMappable(cmap=COLOURS), label)
    return figure


def _colours(heat: Floats, size: tuple[int, int]) -> Floats:
    """Return a map as ``(H, W, 3)``, stretched to the height and width of a picture."""
    share = Image.fromarray((heat / (heat.max() or 1)).astype(np.float32))
    stretched = np.asarray(share.resize(size[::-1], Image.Resampling.BILINEAR))
    coloured: Floats = matplotlib.colormaps[COLOURS](stretched)[..., :3]
    return coloured
