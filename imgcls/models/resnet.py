"""ResNet-18, for images of 32 pixels or of 224."""

from typing import Any, Literal

from torch import Tensor, nn

from imgcls.models.classifier import Classifier
from imgcls.models.initialisation import initialise_residual
from imgcls.models.layers import shortcut


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, a 1x1 convolution if the shape changes (option B).

    Args:
        in_channels: Channels of the input ``(N, C, H, W)``.
        out_channels: Channels of the output.
        stride: Stride of the first convolution; the output is ``(N, C', H / stride, W / stride)``.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                shortcut(in_channels, out_channels, stride),
                nn.BatchNorm2d(out_channels),
            )
        self.activation = nn.ReLU(inplace=True)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the block's output."""
        outputs: Tensor = self.activation(self.residual(inputs) + self.shortcut(inputs))
        return outputs


def stem_layers(kind: Literal["cifar", "imagenet"], channels: int, width: int) -> list[nn.Module]:
    """Return the layers before the first block.

    ``cifar`` keeps the size (3x3, stride 1); ``imagenet`` quarters it (7x7, stride 2, then 3x3
    max-pool, stride 2) and reduces a 32x32 image to 8x8.
    """
    kernel, stride = (3, 1) if kind == "cifar" else (7, 2)
    layers: list[nn.Module] = [
        nn.Conv2d(channels, width, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    ]
    return layers if kind == "cifar" else [*layers, nn.MaxPool2d(3, stride=2, padding=1)]


class ResNet18(Classifier):
    """ResNet-18 of He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016.

    Four stages of two blocks with width, 2, 4 and 8 times width channels; He initialisation.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        stem: ``cifar`` for images up to 64 pixels, ``imagenet`` as in the paper.
        width: Channels of the first stage; the paper has 64.
        **training: See `Classifier`.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        stem: Literal["cifar", "imagenet"] = "cifar",
        width: int = 64,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        stages: list[nn.Module] = []
        channels = width
        for stage in range(4):
            out_channels = width * 2**stage
            stages += [
                BasicBlock(channels, out_channels, stride=1 if stage == 0 else 2),
                BasicBlock(out_channels, out_channels, stride=1),
            ]
            channels = out_channels
        self.backbone = nn.Sequential(
            *stem_layers(stem, image_shape[0], width),  # (N, width, H, W), or a quarter of H and W
            *stages,  # (N, 8 width, H/8, W/8), or H/32 and W/32
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),  # (N, 8 width)
        )
        self.head = nn.Linear(channels, num_classes)
        initialise_residual(self)
        self.initialise()
