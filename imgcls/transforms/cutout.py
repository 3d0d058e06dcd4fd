"""Cutout: hides a square of each image."""

import torch
from torch import Tensor

from imgcls.errors import InputError
from imgcls.transforms.draws import Draws
from imgcls.transforms.transform import Transform


def _near(centre: Tensor, size: int, length: int) -> Tensor:
    """Return which of ``length`` positions a window of ``size`` covers, ``(N, length)`` bool."""
    distance = torch.arange(length, device=centre.device) - centre[:, None] + size // 2
    return (distance >= 0) & (distance < size)


class Cutout(Transform):
    """Paints a grey square over each image, centred on a random pixel.

    DeVries & Taylor, "Improved regularization of convolutional neural networks with Cutout", 2017.
    As there, the square may extend beyond the border, and then hides less. The paper paints
    after normalisation, with 0, the mean of the data set; this paints before it, with mid-grey (128
    of 255, or 0.5): within 0.06 of the mean of every channel of CIFAR, but brighter than the mean
    of digits on black.

    Args:
        size: Side of the square in pixels; at least 1, and at most that of the image.
    """

    def __init__(self, size: int = 8) -> None:
        if size < 1:
            raise InputError(f"size is {size}: it is the side of a square, so choose 1 or more")
        self.size = size

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)``, uint8 or float, with a square hidden in each."""
        height, width = images.shape[2:]
        if self.size > min(height, width):
            raise InputError(
                f"size is {self.size} but the images are {height}x{width}: the square must fit, "
                f"so choose at most {min(height, width)}"
            )
        rows = _near(draws.integers(0, height - 1), self.size, height)
        columns = _near(draws.integers(0, width - 1), self.size, width)
        hidden = rows[:, None, :, None] & columns[:, None, None, :]  # (N, 1, H, W)
        paint = hidden.to(images.dtype) * (0.5 if images.is_floating_point() else 128)
        return (images * ~hidden).add_(paint)  # 3 times as fast as masked_fill
