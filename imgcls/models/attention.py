"""Layers that weigh what other layers found."""

import torch
from torch import Tensor, nn
from torch.nn import functional

KEY_GRID = 8  # rows and columns that maps are averaged to before they are attended to


class ChannelAttention(nn.Module):
    """Weighs each channel by what all channels hold on average: squeeze and excitation.

    Hu, Shen and Sun, "Squeeze-and-excitation networks", 2018.

    Args:
        channels: Channels C of the maps ``(N, C, H, W)``.
        reduction: How much narrower the layer between squeeze and excitation is.
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
    """Weighs each place by the mean and the largest of its channels.

    Woo, Park, Lee and Kweon, "CBAM: Convolutional block attention module", 2018.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, kernel_size=7, padding=3)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps ``(N, C, H, W)``, each place times its weight in (0, 1)."""
        found = torch.stack([maps.mean(1), maps.amax(1)], 1)  # (N, 2, H, W)
        weighed: Tensor = maps * self.convolution(found).sigmoid()
        return weighed


class CrossAttention(nn.Module):
    """Adds to each place of some maps what it looks for in other maps.

    Vaswani et al., "Attention is all you need", 2017. The maps looked into are averaged to at most
    8x8 places, which keeps the cost linear in the places that look.

    Args:
        channels: Channels C of both maps ``(N, C, H, W)``.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        heads = 4 if channels % 4 == 0 else 1
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)

    def forward(self, maps: Tensor, others: Tensor) -> Tensor:
        """Return the maps with what was found in the others."""
        rows, columns = (min(size, KEY_GRID) for size in others.shape[2:])
        keys = _places(functional.adaptive_avg_pool2d(others, (rows, columns)))
        found, _ = self.attention(_places(maps), keys, keys, need_weights=False)
        enriched: Tensor = maps + found.transpose(1, 2).reshape(maps.shape)
        return enriched


def _places(maps: Tensor) -> Tensor:
    """Return maps ``(N, C, H, W)`` as ``(N, H W, C)``."""
    return maps.flatten(2).transpose(1, 2)
