"""Progressive resizing: small images in the first epochs."""

from torch import Tensor
from torchvision.transforms.v2 import functional

from imgcls.errors import InputError
from imgcls.transforms.draws import Draws
from imgcls.transforms.transform import Transform


class ProgressiveResize(Transform):
    """Downsizes all images in the first epochs; the cost of an epoch is proportional to their area.

    The size grows linearly to the full size, which the last epochs have: Howard, "Training ImageNet
    in 3 hours for 25 minutes", 2018. It needs a model that accepts any size, such as `SpeedNet`,
    `ResNet18` or `WideResNet`.

    Args:
        start: Pixels of the shorter side in the first epoch; at least 1.
        until: Fraction of the run's epochs after which images have their full size, in (0, 1].
        step: The size grows by multiples of it, in pixels; at least 1.
    """

    def __init__(self, start: int = 16, until: float = 0.75, step: int = 4) -> None:
        if start < 1 or step < 1 or not 0 < until <= 1:
            raise InputError(
                f"ProgressiveResize's start is {start}, step {step} and until {until}: give at "
                "least 1, at least 1, and a fraction of the run above 0 and at most 1"
            )
        self.start = start
        self.until = until
        self.step = step

    def size(self, progress: float, full: int) -> int:
        """Return the shorter side at a fraction ``progress`` of the run, finally ``full``."""
        if progress >= self.until or self.start >= full:
            return full
        growth = (full - self.start) * progress / self.until
        return self.start + int(growth) // self.step * self.step

    def shape(self, progress: float, height: int, width: int) -> tuple[int, int]:
        """Return height and width of images at a fraction ``progress`` of the run."""
        shorter = min(height, width)
        size = self.size(progress, shorter)
        return round(height * size / shorter), round(width * size / shorter)

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)``, uint8 or float, downsized to the epoch's size."""
        height, width = images.shape[2:]
        shape = self.shape(draws.progress, height, width)
        if shape == (height, width):
            return images
        smaller: Tensor = functional.resize(images, list(shape), antialias=True)
        return smaller
