"""The stages of branches, between which they can be fused."""

from typing import Literal

from torch import nn

from imgcls.models.initialisation import initialise_residual
from imgcls.models.layers import convolution
from imgcls.models.resnet import BasicBlock, stem_layers
from imgcls.models.speed_net import ScaledLinear, SpeedBlock
from imgcls.models.whitening import Whitening

STAGES = 4
Kind = Literal["residual", "plain", "speed"]


def stage(kind: Kind, number: int, in_channels: int, width: int) -> nn.Sequential:
    """Return one of four stages, ``(N, C, H, W)`` to ``(N, C', H', W')``; see `stage_channels`.

    The first, number 0, keeps the size (``speed``: one row and column less); the others halve it.
    ``residual`` is ResNet-18's two blocks, ``plain`` two convolutions, ``speed`` the whitening stem
    of `SpeedNet` or one of its blocks.
    """
    channels = stage_channels(kind, number, in_channels, width)
    if kind == "residual":
        stem = [] if number else stem_layers("cifar", in_channels, width)
        first = BasicBlock(in_channels, channels, 2) if number else BasicBlock(width, width, 1)
        blocks = nn.Sequential(*stem, first, BasicBlock(channels, channels, 1))
        initialise_residual(blocks)
        return blocks
    if kind == "speed":
        if number:
            return nn.Sequential(SpeedBlock(in_channels, channels, depth=2, momentum=0.4))
        return nn.Sequential(Whitening(in_channels), nn.GELU())
    pool = [nn.MaxPool2d(2)] if number else []
    first_convolution = convolution(in_channels, channels, 3, 1, batch_norm=True)
    return nn.Sequential(*pool, *first_convolution, *convolution(channels, channels, 3, 1, True))


def stage_channels(kind: Kind, number: int, in_channels: int, width: int) -> int:
    """Return the channels of a stage's output: ``width 2^number``, of a whitening stem 8 C."""
    return 8 * in_channels if kind == "speed" and number == 0 else width * 2**number


def branch(kind: Kind, numbers: range, in_channels: int, width: int) -> tuple[nn.ModuleList, int]:
    """Return consecutive stages, and the output channels of the last one."""
    stages = nn.ModuleList()
    for number in numbers:
        stages.append(stage(kind, number, in_channels, width))
        in_channels = stage_channels(kind, number, in_channels, width)
    return stages, in_channels


def global_pooling(kind: Kind) -> nn.Module:
    """Return the global pooling, ``(N, C, H, W)`` to ``(N, C, 1, 1)``."""
    return nn.AdaptiveMaxPool2d(1) if kind == "speed" else nn.AdaptiveAvgPool2d(1)


def linear_head(kind: Kind, in_features: int, num_classes: int) -> nn.Linear:
    """Return the last layer, ``(N, D)`` to ``(N, K)``."""
    if kind == "speed":
        return ScaledLinear(in_features, num_classes, scale=1 / 9)
    return nn.Linear(in_features, num_classes)
