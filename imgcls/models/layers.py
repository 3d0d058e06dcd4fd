"""The few layers in a row that the assignment nets are made of."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def dense(widths: Sequence[int], batch_norm: bool, dropout: float) -> list[nn.Module]:
    """Return linear layers with ReLU, ``(N, widths[0])`` to ``(N, widths[-1])``.

    Args:
        widths: Numbers a picture that come in, then those that each layer gives.
        batch_norm: Normalise before the ReLU (Ioffe and Szegedy, "Batch normalization", 2015).
        dropout: Share of outputs set to zero in training, in [0, 1) (Srivastava et al., 2014).
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
