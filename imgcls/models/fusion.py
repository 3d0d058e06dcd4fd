"""Methods to fuse the maps of two branches."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from imgcls.models.attention import ChannelAttention, CrossAttention, SpatialAttention

Method = Literal["sum", "concatenation", "gated", "squeeze_excitation", "cbam", "cross_attention"]


class Exchange(nn.Module):
    """Adds the fused maps to each of two branches, which then continue apart.

    Args:
        fused_channels: Channels of the fused maps.
        channels: Channels of each branch.
    """

    def __init__(self, fused_channels: int, channels: int) -> None:
        super().__init__()
        self.to_first = nn.Conv2d(fused_channels, channels, kernel_size=1)
        self.to_second = nn.Conv2d(fused_channels, channels, kernel_size=1)

    def forward(self, first: Tensor, second: Tensor, fused: Tensor) -> tuple[Tensor, Tensor]:
        """Return both branches' maps ``(N, C, H, W)``."""
        return first + self.to_first(fused), second + self.to_second(fused)


class Fusion(nn.Module):
    """A module that takes two maps ``(N, C, H, W)``.

    Attributes:
        out_channels: Channels of the output.
    """

    out_channels: int


class Sum(Fusion):
    """Adds both, as in a residual network, without parameters."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_channels = channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, C, H, W)``."""
        return first + second


class Concatenation(Fusion):
    """Concatenates the channels of both; the following layers learn to weight them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_channels = 2 * channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, 2 C, H, W)``."""
        return torch.cat([first, second], 1)


class Gated(Fusion):
    """Weights both at each position and channel, by a gate computed from both.

    Arevalo, Solorio, Montes-y-Gómez and González, "Gated multimodal units for information fusion",
    2017.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Conv2d(2 * channels, channels, kernel_size=1)
        self.out_channels = channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, C, H, W)``."""
        weight = self.gate(torch.cat([first, second], 1)).sigmoid()
        fused: Tensor = weight * first + (1 - weight) * second
        return fused


class SqueezeExcitation(Fusion):
    """Concatenates both and weights the channels; see `ChannelAttention`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = ChannelAttention(2 * channels)
        self.out_channels = 2 * channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, 2 C, H, W)``."""
        fused: Tensor = self.attention(torch.cat([first, second], 1))
        return fused


class CBAM(Fusion):
    """Concatenates both and weights channels, then positions; see `SpatialAttention`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(ChannelAttention(2 * channels), SpatialAttention())
        self.out_channels = 2 * channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, 2 C, H, W)``."""
        fused: Tensor = self.attention(torch.cat([first, second], 1))
        return fused


class MutualAttention(Fusion):
    """Lets each branch attend to the other, and concatenates; see `CrossAttention`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first_looks = CrossAttention(channels)
        self.second_looks = CrossAttention(channels)
        self.out_channels = 2 * channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, 2 C, H, W)``."""
        return torch.cat([self.first_looks(first, second), self.second_looks(second, first)], 1)


METHODS: dict[Method, Callable[[int], Fusion]] = {
    "sum": Sum,
    "concatenation": Concatenation,
    "gated": Gated,
    "squeeze_excitation": SqueezeExcitation,
    "cbam": CBAM,
    "cross_attention": MutualAttention,
}
