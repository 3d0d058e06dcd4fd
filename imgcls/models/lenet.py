"""LeNet-5, the convolutional net that read the cheques."""

from typing import Any

from torch import nn

from imgcls.models.classifier import Classifier
from imgcls.models.flatten import flattened_size


class LeNet5(Classifier):
    """LeNet-5, of LeCun et al., "Gradient-based learning applied to document recognition", 1998.

    The first convolution pads by 2, so that 28x28 digits meet the paper's 32x32 field. For
    pictures below 20 pixels the second one pads too; the first linear layer grows with the picture.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one picture; comes from the data.
        width: Feature maps of the first convolution; the paper has 6.
        **training: See `Classifier`.
    """

    def __init__(
        self, num_classes: int, image_shape: tuple[int, int, int], width: int = 6, **training: Any
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        convolutions = nn.Sequential(
            nn.Conv2d(image_shape[0], width, kernel_size=5, padding=2),  # (N, width, H, W)
            nn.Tanh(),
            nn.AvgPool2d(2),  # (N, width, H/2, W/2)
            nn.Conv2d(width, 16, kernel_size=5, padding=0 if min(image_shape[1:]) >= 20 else 2),
            nn.Tanh(),
            nn.AvgPool2d(2),  # (N, 16, H/4 - 2, W/4 - 2), or H/4 and W/4 of pictures below 20
            nn.Flatten(),
        )
        self.backbone = nn.Sequential(
            *convolutions,
            nn.Linear(flattened_size(convolutions, image_shape), 120),
            nn.Tanh(),
            nn.Linear(120, 84),
            nn.Tanh(),
        )
        self.head = nn.Linear(84, num_classes)
        self.initialise()
