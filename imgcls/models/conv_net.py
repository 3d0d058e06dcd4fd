"""LeNet-5 for colour images, with optional further convolutions."""

from typing import Any

from torch import nn

from imgcls.errors import InputError
from imgcls.models.classifier import Classifier
from imgcls.models.flatten import flattened_size
from imgcls.models.layers import convolution, dense


class ConvNet(Classifier):
    """LeNet-5 with ReLU and max-pooling instead of tanh and average pooling.

    LeCun et al., "Gradient-based learning applied to document recognition", 1998. For a 32x32
    image, 16 maps of 5x5 reach the linear layers of 120 and 84 units; layer F6 between these has
    120 * 84 + 84 = 10,164 parameters.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        channels: Channels of the two 5x5 convolutions.
        more: Channels of up to three 3x3 convolutions: the first two each follow a 5x5 one, the
            third comes last.
        hidden: Units of the two hidden linear layers.
        padding: Zeros around the input of the 5x5 convolutions, in pixels; 2 keeps the size.
        grid: Size ``grid`` x ``grid`` of the average pooling before the linear layers, so that
            images of another size fit the same weights; default no such pooling.
        batch_norm: Normalise each layer before its ReLU.
        dropout: Fraction of each hidden linear layer set to zero in training, in [0, 1).
        **training: See `Classifier`.

    Raises:
        InputError: More than three convolutions are added.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        channels: tuple[int, int] = (6, 16),
        more: tuple[int, ...] = (),
        hidden: tuple[int, int] = (120, 84),
        padding: int = 0,
        grid: int | None = None,
        batch_norm: bool = False,
        dropout: float = 0.0,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        if len(more) > 3:
            raise InputError(f"more has {len(more)} convolutions: add at most 3 to this model")
        layers: list[nn.Module] = []
        width = image_shape[0]
        for stage, channels_out in enumerate(channels):
            layers += convolution(width, channels_out, 5, padding, batch_norm)
            width = channels_out
            for added in more[stage : stage + 1]:
                layers += convolution(width, added, 3, 1, batch_norm)
                width = added
            layers.append(nn.MaxPool2d(2))
        for added in more[2:]:
            layers += convolution(width, added, 3, 1, batch_norm)
        # always a layer: the linear layers keep their names, by which fine-tuning finds them
        layers.append(nn.AdaptiveAvgPool2d(grid) if grid else nn.Identity())
        convolutions = nn.Sequential(*layers, nn.Flatten())
        widths = [flattened_size(convolutions, image_shape), *hidden]
        self.backbone = nn.Sequential(
            *convolutions,
            *dense(widths, batch_norm, dropout),  # C5 and F6, (N, 84)
        )
        self.head = nn.Linear(hidden[1], num_classes)
        self.initialise()
