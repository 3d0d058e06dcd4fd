"""The images with the highest losses."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import class_numbers
from imgcls.plots.predictions import checked_probabilities, prediction_tile
from imgcls.plots.tiles import as_rgb, tile_grid


class ImageSequence(Protocol):
    """An array or a list of views of one; only the images that are drawn are read."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


def highest_losses(
    images: ImageSequence,
    labels: ArrayLike,
    probabilities: ArrayLike,
    classes: Sequence[str],
    count: int = 20,
    title: str = "",
) -> Figure:
    """Return the images with the highest cross-entropy, highest first, with the loss in nats.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB; only those that are drawn are
            read.
        labels: ``(N,)``, in [0, K).
        probabilities: ``(N, K)``.
        classes: The K class names.
        count: Number of images to draw.
        title: Title of the figure.

    Raises:
        InputError: There are no images, or the arrays do not match each other.
    """
    numbers = class_numbers(labels, len(images), len(classes))
    fractions = checked_probabilities(probabilities, len(images), classes)
    with np.errstate(divide="ignore"):  # a probability of 0 is an infinite loss
        losses = -np.log(fractions[np.arange(len(fractions)), numbers])
    hardest = np.argsort(-losses, kind="stable")[:count]
    drawn = as_rgb(np.stack([np.asarray(images[i]) for i in hardest.tolist()]))
    tiles = [
        prediction_tile(pixels, int(numbers[i]), fractions[i], classes, f"loss {losses[i]:.2f}")
        for pixels, i in zip(drawn, hardest, strict=True)
    ]
    what = f"the highest losses (nats), {len(tiles)} of {len(losses):,}; mean {losses.mean():.2f}"
    return tile_grid(tiles, f"{title}: {what}" if title else what, inches=1.4)
