"""Random crops after padding, the classic augmentation of 32x32 images."""

import torch
from torch import Tensor

from imgcls.errors import InputError
from imgcls.transforms.draws import Draws
from imgcls.transforms.transform import Transform


def _mirrored_window(start: Tensor, size: int) -> Tensor:
    """Return the positions ``(N, size)`` from each start ``(N,)`` on, mirrored into [0, size).

    The border itself is not repeated: -1 becomes 1, as in numpy's ``reflect``. Starts are strictly
    between -size and size.
    """
    positions = (start[:, None] + torch.arange(size, device=start.device)).abs()
    last = size - 1
    return last - (last - positions).abs()


class RandomCrop(Transform):
    """Pads each image by reflection and crops it to the original size at a random position.

    The padded image is never stored: one gather reads each pixel from its source.

    Args:
        padding: Pixels added on each side, so the largest translation; at least 0, and less than
            the height and the width of the image.
    """

    def __init__(self, padding: int = 4) -> None:
        if padding < 0:
            raise InputError(f"padding is {padding}: it counts pixels, so choose 0 or more")
        self.padding = padding

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)``, any dtype, each image cropped."""
        number, channels, height, width = images.shape
        if self.padding >= min(height, width):
            raise InputError(
                f"padding is {self.padding} but the images are {height}x{width}: a reflection "
                f"cannot be that wide, so choose at most {min(height, width) - 1}"
            )
        rows = _mirrored_window(draws.integers(-self.padding, self.padding), height)
        columns = _mirrored_window(draws.integers(-self.padding, self.padding), width)
        source = (width * rows)[:, :, None] + columns[:, None, :]  # (N, H, W)
        source = source.view(number, 1, -1).expand(-1, channels, -1)
        return images.flatten(2).gather(2, source).view(images.shape)
