"""A network that trains fast."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from imgcls.errors import InputError
from imgcls.models.classifier import Classifier
from imgcls.models.whitening import Whitening, fit_whitening


class SpeedBlock(nn.Module):
    """Convolution, 2x2 max-pooling, and one or two convolutions more, each with norm and GELU.

    The norms have no scale, since the next convolution can scale as well. The third convolution has
    a shortcut.

    Args:
        in_channels: Channels of the input ``(N, C, H, W)``.
        out_channels: Channels of the output ``(N, C', H / 2, W / 2)``.
        depth: Convolutions, 2 or 3.
        momentum: Momentum of the norms' running mean and variance, in (0, 1]; large for short runs.
    """

    def __init__(self, in_channels: int, out_channels: int, depth: int, momentum: float) -> None:
        super().__init__()
        channels = [in_channels, *[out_channels] * depth]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(*pair, 3, padding=1, bias=False) for pair in pairwise(channels)
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(out_channels, momentum=momentum) for _ in range(depth)
        )
        for norm in self.norms:
            norm.weight.requires_grad_(False)
        self.pool = nn.MaxPool2d(2)
        self.activation = nn.GELU()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the block's output."""
        outputs = self.pool(self.convolutions[0](inputs))
        outputs = self.activation(self.norms[0](outputs))
        outputs = self.norms[1](self.convolutions[1](outputs))
        if len(self.norms) == 3:
            residual = self.convolutions[2](self.activation(outputs))
            outputs = outputs + self.norms[2](residual)
        activated: Tensor = self.activation(outputs)
        return activated


class ScaledLinear(nn.Linear):
    """A linear layer without bias whose outputs ``(N, K)`` are multiplied by a constant.

    Args:
        in_features: Number D of inputs.
        out_features: Number K of outputs.
        scale: The constant; a small one keeps the initial logits of large features near zero.
    """

    def __init__(self, in_features: int, out_features: int, scale: float) -> None:
        super().__init__(in_features, out_features, bias=False)
        self.scale = scale

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs."""
        return super().forward(inputs) * self.scale


def check_image_size(name: str, blocks: int, image_shape: tuple[int, int, int]) -> None:
    """Refuse images ``(C, H, W)`` that are too small for a number of blocks.

    Raises:
        InputError: They are too small for ``name``.
    """
    smallest = 2**blocks + 1
    if min(image_shape[1:]) < smallest:
        raise InputError(
            f"{name}'s {blocks} blocks take images from {smallest}x{smallest} on, "
            f"these have {image_shape[1]}x{image_shape[2]}: give larger images or another model"
        )


class SpeedNet(Classifier):
    """A whitening 2x2 convolution, blocks of 3x3 convolutions, global max-pooling, scaled logits.

    After Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024. With the default channels
    it costs 130 MFLOP per 32x32 image. It takes images of any size from 2 ** blocks + 1 on.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        channels: Channels of each block, which halves height and width.
        depth: Convolutions of a block, 2 or 3.
        whitening: Whether the first convolution is computed from training images and frozen, or
            learned like the others.
        norm_momentum: Momentum of the norms' running mean and variance, in (0, 1].
        logit_scale: Factor on the logits, above 0.
        **training: See `Classifier`.

    Raises:
        InputError: No channels, a depth other than 2 and 3, or images that are too small.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        channels: Sequence[int] = (64, 128, 256),
        depth: int = 2,
        whitening: bool = True,
        norm_momentum: float = 0.4,
        logit_scale: float = 1 / 9,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        if not channels or depth not in (2, 3):
            raise InputError(
                f"SpeedNet's channels are {list(channels)} and its depth is {depth}: give at least "
                "one number of channels, and 2 or 3"
            )
        check_image_size("SpeedNet", len(channels), image_shape)
        in_channels = image_shape[0]
        first = Whitening(in_channels) if whitening else nn.Conv2d(in_channels, 8 * in_channels, 2)
        widths = [first.out_channels, *channels]
        self.backbone = nn.Sequential(
            first,  # (N, 8 C, H - 1, W - 1)
            nn.GELU(),
            *(SpeedBlock(*pair, depth, norm_momentum) for pair in pairwise(widths)),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),  # (N, D)
        )
        self.head = ScaledLinear(widths[-1], num_classes, logit_scale)
        self.initialise()

    def setup(self, stage: str) -> None:
        """Compute the whitening filters before the first step of a new run."""
        if stage == "fit":
            fit_whitening(self)
