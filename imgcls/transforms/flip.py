"""Mirror images, left to right."""

import torch
from torch import Tensor

from imgcls.errors import InputError
from imgcls.transforms.draws import Draws
from imgcls.transforms.transform import Transform


def flip_where(images: Tensor, chosen: Tensor) -> Tensor:
    """Return the batch ``(N, C, H, W)`` with the pictures ``chosen`` ``(N,)`` bool mirrored.

    Whole pictures are picked from the batch and its mirror image: `index_select` copies each at
    once, where `torch.where` would look at every pixel (6 times slower on uint8).
    """
    both = torch.cat([images, images.flip(-1)])
    place = torch.arange(len(images), device=images.device)
    return both.index_select(0, place + len(images) * chosen)


class RandomFlip(Transform):
    """Mirrors each picture with a fixed probability.

    Args:
        probability: Chance of a flip, in [0, 1].
    """

    def __init__(self, probability: float = 0.5) -> None:
        if not 0 <= probability <= 1:
            raise InputError(
                f"probability is {probability}: it is the chance of a flip, so choose 0 to 1"
            )
        self.probability = probability

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)``, any dtype, some of it mirrored."""
        return flip_where(images, draws.uniform() < self.probability)


class AlternatingFlip(Transform):
    """Mirrors one random half of the pictures in even epochs and the other half in odd ones.

    So two epochs show every picture both ways, which random flips do only half of the time:
    Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024.
    """

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)``, any dtype, about half of it mirrored."""
        odd = draws.epoch % 2 == 1
        return flip_where(images, draws.constant_coin() ^ odd)
