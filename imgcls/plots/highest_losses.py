"""What a model finds hardest."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import class_numbers
from imgcls.plots.predictions import of_pictures, prediction_tile
from imgcls.plots.tiles import as_pictures, tile_grid


class Pictures(Protocol):
    """An array, or a list of the views into one, of which only what is drawn is read."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Any: ...


def highest_losses(
    images: Pictures,
    labels: ArrayLike,
    probabilities: ArrayLike,
    classes: Sequence[str],
    count: int = 20,
    title: str = "",
) -> Figure:
    """Return the pictures of the highest cross-entropy, highest first, with the loss in nats.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB; only those drawn are read.
        labels: ``(N,)``, in [0, K).
        probabilities: ``(N, K)``.
        classes: The K class names.
        count: How many to draw.
        title: Of what.

    Raises:
        InputError: There are no pictures, or the arrays do not fit each other.
    """
    numbers = class_numbers(labels, len(images), len(classes))
    shares = of_pictures(probabilities, len(images), classes)
    with np.errstate(divide="ignore"):  # a probability of 0 is an infinite loss
        losses = -np.log(shares[np.arange(len(shares)), numbers])
    hardest = np.argsort(-losses, kind="stable")[:count]
    pictures = as_pictures(np.stack([np.asarray(images[i]) for i in hardest.tolist()]))
    tiles = [
        prediction_tile(picture, int(numbers[i]), shares[i], classes, f"loss {losses[i]:.2f}")
        for picture, i in zip(pictures, hardest, strict=True)
    ]
    what = f"the highest losses (nats), {len(tiles)} of {len(losses):,}; mean {losses.mean():.2f}"
    return tile_grid(tiles, f"{title}: {what}" if title else what, inches=1.4)
