"""Three small convolutions and three linear layers."""

from typing import Any

from torch import nn

from imgcls.models.classifier import Classifier
from imgcls.models.flatten import flattened_size


class SmallCNN(Classifier):
    """Conv - ReLU - pool - conv - ReLU - conv - ReLU - pool - three linear layers.

    With the default sizes it has 43,093 parameters for ten classes of 28x28 grey images and
    67,555 for a hundred classes of 32x32 colour images.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        channels: Filters of the three 3x3 convolutions.
        hidden: Units of the two hidden linear layers.
        padding: Zeros around each convolution's input, in pixels; 1 keeps the size.
        **training: See `Classifier`.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        channels: tuple[int, int, int] = (10, 5, 16),
        hidden: tuple[int, int] = (128, 64),
        padding: int = 0,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        first, second, third = channels
        convolutions = nn.Sequential(
            nn.Conv2d(image_shape[0], first, kernel_size=3, padding=padding),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, kernel_size=3, padding=padding),
            nn.ReLU(),
            nn.Conv2d(second, third, kernel_size=3, padding=padding),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.backbone = nn.Sequential(
            *convolutions,
            nn.Linear(flattened_size(convolutions, image_shape), hidden[0]),
            nn.ReLU(),
            nn.Linear(hidden[0], hidden[1]),
            nn.ReLU(),
        )
        self.head = nn.Linear(hidden[1], num_classes)
        self.initialise()
