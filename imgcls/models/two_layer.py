"""Two linear layers, the smallest network with a hidden layer."""

import math
from typing import Any

from torch import nn

from imgcls.models.classifier import Classifier
from imgcls.models.layers import dense


class TwoLayerNet(Classifier):
    """Linear, ReLU, linear; ``more`` adds hidden layers between them.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        hidden: Units of the hidden layer.
        more: Units of each further hidden layer after it.
        batch_norm: Normalise each hidden layer before its ReLU.
        dropout: Fraction of each hidden layer set to zero in training, in [0, 1).
        **training: See `Classifier`.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        hidden: int = 512,
        more: tuple[int, ...] = (),
        batch_norm: bool = False,
        dropout: float = 0.0,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        widths = [math.prod(image_shape), hidden, *more]
        self.backbone = nn.Sequential(
            nn.Flatten(), *dense(widths, batch_norm, dropout)
        )  # (N, widths[-1])
        self.head = nn.Linear(widths[-1], num_classes)
        self.initialise()
