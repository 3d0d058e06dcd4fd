"""LeNet-5 for 64x64 photographs."""

from itertools import pairwise
from typing import Any

from torch import nn

from imgcls.models.classifier import Classifier
from imgcls.models.flatten import flattened_size
from imgcls.models.layers import convolution, dense


class LeNet5(Classifier):
    """Two 5x5 convolutions, each pooled 4 to 1, then linear layers of 1,021 and 84 units.

    After LeCun et al., "Gradient-based learning applied to document recognition", 1998, wider, for
    Caltech-101 at 64x64, where it flattens to 1,024 numbers with a padding of 2 and to 256 without.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        channels: Channels of the two convolutions.
        hidden: Units of the two hidden linear layers.
        padding: Zeros around the input of a convolution, in pixels; 2 keeps the size.
        pool: Kernel size and stride of each max-pooling.
        batch_norm: Normalise each layer before its ReLU.
        dropout: Fraction set to zero in training before each linear layer, in [0, 1).
        **training: See `Classifier`.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        channels: tuple[int, int] = (32, 64),
        hidden: tuple[int, int] = (1021, 84),
        padding: int = 2,
        pool: int = 4,
        batch_norm: bool = False,
        dropout: float = 0.0,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        stages: list[nn.Module] = []
        for pair in pairwise([image_shape[0], *channels]):
            stages += [*convolution(*pair, 5, padding, batch_norm), nn.MaxPool2d(pool)]
        convolutions = nn.Sequential(*stages, nn.Flatten(), nn.Dropout(dropout))
        widths = [flattened_size(convolutions, image_shape), *hidden]
        self.backbone = nn.Sequential(*convolutions, *dense(widths, batch_norm, dropout))  # (N, 84)
        self.head = nn.Linear(hidden[1], num_classes)
        self.initialise()
