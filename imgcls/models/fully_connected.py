"""Linear layers with ReLU between them, and no convolution."""

import math
from typing import Any

from torch import nn

from imgcls.models.classifier import Classifier
from imgcls.models.layers import dense


class FullyConnected(Classifier):
    """A multilayer perceptron: every pixel is connected to every unit.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        hidden: Units of each hidden layer, at least one layer.
        batch_norm: Normalise each hidden layer before its ReLU.
        dropout: Fraction of each hidden layer set to zero in training, in [0, 1).
        **training: See `Classifier`.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        hidden: tuple[int, ...] = (512, 256),
        batch_norm: bool = False,
        dropout: float = 0.0,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        widths = [math.prod(image_shape), *hidden]
        self.backbone = nn.Sequential(
            nn.Flatten(), *dense(widths, batch_norm, dropout)
        )  # (N, hidden[-1])
        self.head = nn.Linear(widths[-1], num_classes)
        self.initialise()
