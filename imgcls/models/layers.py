"""Layers that several models share."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

FEW = 8  # channels of an AVX2 vector


def dense(widths: Sequence[int], batch_norm: bool, dropout: float) -> list[nn.Module]:
    """Return linear layers with ReLU, ``(N, widths[0])`` to ``(N, widths[-1])``.

    Args:
        widths: Number of input features, then number of outputs of each layer.
        batch_norm: Normalise before the ReLU (Ioffe and Szegedy, "Batch normalization", 2015).
        dropout: Fraction of outputs set to zero in training, in [0, 1) (Srivastava et al., 2014).
    """
    layers: list[nn.Module] = []
    for in_features, out_features in pairwise(widths):
        layers.append(nn.Linear(in_features, out_features, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm1d(out_features))
        layers.append(nn.ReLU())
        if dropout:
            layers.append(nn.Dropout(dropout))
    return layers


def convolution(
    in_channels: int, out_channels: int, kernel_size: int, padding: int, batch_norm: bool
) -> list[nn.Module]:
    """Return a convolution with ReLU, ``(N, C, H, W)`` to ``(N, C', H', W')``.

    Args:
        in_channels: Channels C of the input.
        out_channels: Channels C' of the output.
        kernel_size: Rows and columns of the kernel.
        padding: Zeros around the input, in pixels; half of the kernel keeps the size.
        batch_norm: Normalise before the ReLU.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, bias=not batch_norm)
    ]
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    return [*layers, nn.ReLU()]


class SubsampledConvolution(nn.Conv2d):
    """A strided 1x1 convolution that removes the skipped pixels first.

    The result is the same. With fewer than 8 input channels in channels-last order, the weight
    gradient of oneDNN's own (3.12, on AVX2) writes beyond its memory and may crash the process.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Return ``(N, C', H', W')`` of ``(N, C, H, W)``."""
        rows, columns = self.stride
        pixels = inputs[:, :, ::rows, ::columns]
        return nn.functional.conv2d(pixels, self.weight, self.bias)


def shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Conv2d:
    """Return the 1x1 convolution without bias for the shortcut of a residual block."""
    kind = SubsampledConvolution if stride > 1 and in_channels < FEW else nn.Conv2d
    return kind(in_channels, out_channels, 1, stride, bias=False)
