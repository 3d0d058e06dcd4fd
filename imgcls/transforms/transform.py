"""The base class of augmentations."""

from abc import ABC, abstractmethod

from torch import Tensor

from imgcls.transforms.draws import Draws


class Transform(ABC):
    """An augmentation of a batch on its device, with separate random numbers for each image."""

    @abstractmethod
    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)`` augmented.

        Args:
            images: uint8 in [0, 255], or float32 in [0, 1] after a transform that needs fractions.
            draws: Source of random numbers.
        """
