"""Wide residual networks."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from imgcls.errors import InputError
from imgcls.models.classifier import Classifier
from imgcls.models.initialisation import initialise_residual
from imgcls.models.layers import shortcut


class PreActivationBlock(nn.Module):
    """Norm and ReLU before each of two 3x3 convolutions, and a shortcut.

    Args:
        in_channels: Channels of the input ``(N, C, H, W)``.
        out_channels: Channels of the output.
        stride: Stride of the first convolution; the output is ``(N, C', H / stride, W / stride)``.
        dropout: Fraction set to zero in training between the convolutions, in [0, 1).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.residual = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        )
        self.projection = (
            shortcut(in_channels, out_channels, stride)
            if stride != 1 or in_channels != out_channels
            else None
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the block's output."""
        active = functional.relu(self.norm(inputs))
        shortcut = inputs if self.projection is None else self.projection(active)
        outputs: Tensor = self.residual(active) + shortcut
        return outputs


class WideResNet(Classifier):
    """WRN-depth-width of Zagoruyko and Komodakis, "Wide residual networks", 2016.

    Three stages of 16, 32 and 64 times ``width`` channels; He initialisation.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        depth: Layers with weights, 6 n + 4 for n blocks per stage; the paper has 16 to 40.
        width: Factor on the channels; the paper has 1 to 10.
        dropout: Fraction set to zero in training inside each block, in [0, 1).
        **training: See `Classifier`.

    Raises:
        InputError: The depth is not 6 n + 4.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        depth: int = 16,
        width: int = 2,
        dropout: float = 0.0,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        blocks, rest = divmod(depth - 4, 6)
        if rest or blocks < 1:
            raise InputError(f"depth is {depth}: it must be 10, 16, 22, ..., which is 6 n + 4")
        stages: list[nn.Module] = []
        channels = 16
        for stage in range(3):
            out_channels = 16 * width * 2**stage
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                stages.append(PreActivationBlock(channels, out_channels, stride, dropout))
                channels = out_channels
        self.backbone = nn.Sequential(
            nn.Conv2d(image_shape[0], 16, 3, padding=1, bias=False),  # (N, 16, H, W)
            *stages,  # (N, 64 width, H/4, W/4)
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),  # (N, 64 width)
        )
        self.head = nn.Linear(channels, num_classes)
        initialise_residual(self)
        self.initialise()
