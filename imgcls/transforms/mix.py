"""MixUp and CutMix: training on mixtures of two images and of their labels."""

from abc import ABC, abstractmethod

from torch import Tensor
from torchvision.transforms import v2

from imgcls.errors import InputError
from imgcls.transforms.draws import Draws
from imgcls.transforms.seeded import seeded


class Mix(ABC):
    """A mixture of inputs and labels within a batch.

    Args:
        alpha: Both parameters of the Beta distribution of the mixing weight; above 0. With small
            values most images are hardly mixed; 1 is the uniform distribution.
    """

    def __init__(self, alpha: float) -> None:
        if alpha <= 0:
            raise InputError(
                f"alpha is {alpha}: it is a parameter of a Beta distribution, so choose above 0 "
                "(or no mix at all)"
            )
        self.alpha = alpha

    @abstractmethod
    def __call__(
        self, inputs: Tensor, targets: Tensor, num_classes: int, draws: Draws
    ) -> tuple[Tensor, Tensor]:
        """Return mixed inputs ``(N, C, H, W)`` and targets ``(N, K)`` float32 that sum to 1.

        Each image is mixed with its neighbour in the batch; the whole batch has one mixing weight.

        Args:
            inputs: Images ``(N, C, H, W)``, floating point, normalised or not.
            targets: Labels ``(N,)`` int64, in [0, num_classes).
            num_classes: Number of labels, K.
            draws: Source of random numbers.
        """


class MixUp(Mix):
    """Blends two images: Zhang et al., "mixup: beyond empirical risk minimization", 2018.

    Args:
        alpha: See `Mix`; the paper has 0.1 to 0.4 for ImageNet and 1 for CIFAR.
    """

    def __init__(self, alpha: float = 0.2) -> None:
        super().__init__(alpha)

    def __call__(
        self, inputs: Tensor, targets: Tensor, num_classes: int, draws: Draws
    ) -> tuple[Tensor, Tensor]:
        """Return ``weight * batch + (1 - weight) * neighbours``, for inputs and targets."""
        with seeded(draws.batch_seed(), inputs.device):
            mixed, soft = v2.MixUp(alpha=self.alpha, num_classes=num_classes)(inputs, targets)
        return mixed, soft


class CutMix(Mix):
    """Pastes a box of one image into another and mixes the labels by area.

    Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable
    features", 2019.

    Args:
        alpha: See `Mix`; the paper has 1.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(alpha)

    def __call__(
        self, inputs: Tensor, targets: Tensor, num_classes: int, draws: Draws
    ) -> tuple[Tensor, Tensor]:
        """Return the batch with one box of each neighbour, and the targets mixed by its area."""
        with seeded(draws.batch_seed(), inputs.device):
            mixed, soft = v2.CutMix(alpha=self.alpha, num_classes=num_classes)(inputs, targets)
        return mixed, soft
