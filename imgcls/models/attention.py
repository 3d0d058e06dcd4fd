"""Attention layers: they weight the output of other layers."""

import torch
from torch import Tensor, nn
from torch.nn import functional

KEY_GRID = 8  # rows and columns of the averaged maps that serve as keys


class ChannelAttention(nn.Module):
    """Weights each channel by a function of all channel means: squeeze and excitation.

    Hu, Shen and Sun, "Squeeze-and-excitation networks", 2018.

    Args:
        channels: Channels C of the maps ``(N, C, H, W)``.
        reduction: Factor by which the layer between squeeze and excitation is narrower.
    """

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.weigh = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps, each channel times its weight in (0, 1)."""
        weighed: Tensor = maps * self.weigh(maps.mean((2, 3)))[:, :, None, None]
        return weighed


class SpatialAttention(nn.Module):
    """Weights each position by the mean and the maximum of its channels.

    Woo, Park, Lee and Kweon, "CBAM: Convolutional block attention module", 2018.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, kernel_size=7, padding=3)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps ``(N, C, H, W)``, each position times its weight in (0, 1)."""
        found = torch.stack([maps.mean(1), maps.amax(1)], 1)  # (N, 2, H, W)
        weighed: Tensor = maps * self.convolution(found).sigmoid()
        return weighed


class CrossAttention(nn.Module):
    """Adds to each position of some maps what it attends to in other maps.

    Vaswani et al., "Attention is all you need", 2017. The attended maps are averaged to at most
    8x8 positions, which keeps the cost linear in the number of querying positions.

    Args:
        channels: Channels C of both maps ``(N, C, H, W)``.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        heads = 4 if channels % 4 == 0 else 1
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)

    def forward(self, maps: Tensor, others: Tensor) -> Tensor:
        """Return the maps plus the attended values of the others."""
        rows, columns = (min(size, KEY_GRID) for size in others.shape[2:])
        keys = _positions(functional.adaptive_avg_pool2d(others, (rows, columns)))
        found, _ = self.attention(_positions(maps), keys, keys, need_weights=False)
        enriched: Tensor = maps + found.transpose(1, 2).reshape(maps.shape)
        return enriched


def _positions(maps: Tensor) -> Tensor:
    """Return maps ``(N, C, H, W)`` as ``(N, H W, C)``."""
    return maps.flatten(2).transpose(1, 2)
