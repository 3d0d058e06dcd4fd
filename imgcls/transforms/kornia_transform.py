"""Augmentations of Kornia."""

from torch import Tensor, nn

from imgcls.transforms.draws import Draws
from imgcls.transforms.seeded import seeded
from imgcls.transforms.transform import Transform


class Kornia(Transform):
    """Any augmentation of Kornia, or another module that maps a batch to a batch.

    Riba et al., "Kornia: an open source differentiable computer vision library for PyTorch", 2020.
    Kornia is an optional dependency that this file does not import: the config names its class. Its
    random numbers depend on the batch of an image, unlike those of the other transforms.

    Args:
        augmentation: Module from float32 in [0, 1] to the same, for example
            ``kornia.augmentation.RandomRotation``.
    """

    def __init__(self, augmentation: nn.Module) -> None:
        self.augmentation = augmentation

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """Return the batch ``(N, C, H, W)`` augmented, float32 in [0, 1]."""
        fractions = images if images.is_floating_point() else images.float().div_(255)
        with seeded(draws.batch_seed(), images.device):
            augmented: Tensor = self.augmentation(fractions)
        return augmented
