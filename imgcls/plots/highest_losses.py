"""What a model finds hardest."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.predictions import checked, prediction_tile
from imgcls.plots.tiles import tile_grid


def highest_losses(
    images: ArrayLike,
    labels: ArrayLike,
    probabilities: ArrayLike,
    classes: Sequence[str],
    count: int = 20,
    title: str = "",
) -> Figure:
    """Return the pictures of the highest cross-entropy, highest first, with the loss in nats.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        labels: ``(N,)``, in [0, K).
        probabilities: ``(N, K)``.
        classes: The K class names.
        count: How many to draw.
        title: Of what.

    Raises:
        ValueError: There are no pictures, or the arrays do not fit each other.
    """
    pictures, numbers, shares = checked(images, labels, probabilities, classes)
    with np.errstate(divide="ignore"):  # a probability of 0 is an infinite loss
        losses = -np.log(shares[np.arange(len(shares)), numbers])
    hardest = np.argsort(-losses, kind="stable")[:count]
    tiles = [
        prediction_tile(pictures[i], int(numbers[i]), shares[i], classes, f"loss {losses[i]:.2f}")
        for i in hardest
    ]
    what = f"the highest losses (nats), {len(tiles)} of {len(pictures)}; mean {losses.mean():.2f}"
    return tile_grid(tiles, f"{title}: {what}" if title else what, inches=1.4)
