"""A CNN: convolutions and pooling, then linear layers."""

from itertools import pairwise
from typing import Any

from torch import nn

from imgcls.models.classifier import Classifier
from imgcls.models.flatten import flattened_size
from imgcls.models.layers import convolution, dense


class CNN(Classifier):
    """Stages of 3x3 convolutions, each ended by 2x2 max-pooling, then linear layers.

    After Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
    recognition", 2015, scaled down for small images.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        channels: Channels of each stage; every stage halves height and width.
        depth: Convolutions in each stage, at least 1.
        hidden: Units of each hidden linear layer.
        batch_norm: Normalise each layer before its ReLU.
        dropout: Fraction set to zero in training before each linear layer, in [0, 1).
        **training: See `Classifier`.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        channels: tuple[int, ...] = (32, 64),
        depth: int = 1,
        hidden: tuple[int, ...] = (128,),
        batch_norm: bool = True,
        dropout: float = 0.0,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        stages: list[nn.Module] = []
        for before, width in pairwise([image_shape[0], *channels]):
            for layer in range(depth):
                stages += convolution(width if layer else before, width, 3, 1, batch_norm)
            stages.append(nn.MaxPool2d(2))
        convolutions = nn.Sequential(*stages, nn.Flatten(), nn.Dropout(dropout))
        widths = [flattened_size(convolutions, image_shape), *hidden]
        self.backbone = nn.Sequential(
            *convolutions, *dense(widths, batch_norm, dropout)
        )  # (N, widths[-1])
        self.head = nn.Linear(widths[-1], num_classes)
        self.initialise()
