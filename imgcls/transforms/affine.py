"""Random affine transforms."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from imgcls.errors import InputError
from imgcls.transforms.draws import Draws
from imgcls.transforms.transform import Transform


class RandomAffine(Transform):
    """Rotates, scales, stretches and translates each image, in one bilinear resampling.

    Borders are padded by reflection. Simard, Steinkraus, Platt, "Best practices
    for convolutional neural networks applied to visual document analysis", 2003.

    Args:
        degrees: Largest rotation to either side, in [0, 180].
        zoom: Largest factor on the size, at least 1; the smallest is its inverse, and the logarithm
            is uniformly distributed.
        stretch: The same for the width only.
        shift: Largest translation to each side, as a fraction of height and width, in [0, 1].
    """

    def __init__(
        self, degrees: float = 10.0, zoom: float = 1.2, stretch: float = 1.0, shift: float = 0.1
    ) -> None:
        for name, value, low, high in (
            ("degrees", degrees, 0, 180),
            ("zoom", zoom, 1, math.inf),
            ("stretch", stretch, 1, math.inf),
            ("shift", shift, 0, 1),
        ):
            if not low <= value <= high:
                raise InputError(f"{name} of RandomAffine is {value}: choose {low} to {high}")
        self.degrees = degrees
        self.zoom = zoom
        self.stretch = stretch
        self.shift = shift

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)``, uint8 or float, each image resampled."""
        height, width = images.shape[2:]
        angle = math.radians(self.degrees) * _spread(draws)
        scale = self.zoom ** _spread(draws)
        across = scale * self.stretch ** _spread(draws)
        cosine, sine, aspect = angle.cos(), angle.sin(), height / width
        # the inverse map, from positions in the result to positions in the image, in [-1, 1]
        rows = [
            torch.stack([cosine / across, sine * aspect / across, 2 * self.shift * _spread(draws)]),
            torch.stack([-sine / aspect / scale, cosine / scale, 2 * self.shift * _spread(draws)]),
        ]
        maps = torch.stack(rows).permute(2, 0, 1)  # (N, 2, 3)
        grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
        values = images if images.is_floating_point() else images.float()
        moved = functional.grid_sample(
            values, grid, mode="bilinear", padding_mode="reflection", align_corners=False
        )
        return moved if images.is_floating_point() else moved.round_().to(images.dtype)


def _spread(draws: Draws) -> Tensor:
    """Return random numbers in [-1, 1), one per image."""
    return 2 * draws.uniform() - 1
