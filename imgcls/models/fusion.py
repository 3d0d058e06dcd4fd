"""Ways to make one of what two branches found."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from imgcls.models.attention import ChannelAttention, CrossAttention, SpatialAttention

Method = Literal["sum", "concatenation", "gated", "squeeze_excitation", "cbam", "cross_attention"]


class Exchange(nn.Module):
    """Adds to each of two branches what was fused of both, so that they go on apart.

    Args:
        fused_channels: Channels of what was fused.
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
    """A module of two maps ``(N, C, H, W)``.

    Attributes:
        out_channels: Channels of what it returns.
    """

    out_channels: int


class Sum(Fusion):
    """Adds both, as a residual network adds: nothing is learned."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_channels = channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, C, H, W)``."""
        return first + second


class Concatenation(Fusion):
    """Puts both behind one another: what follows learns to weigh them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_channels = 2 * channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, 2 C, H, W)``."""
        return torch.cat([first, second], 1)


class Gated(Fusion):
    """Chooses between both at each place and channel, by a gate that sees both.

    Arevalo, Solorio, Montes-y-Gómez and González, "Gated multimodal units for information fusion",
    2017.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Conv2d(2 * channels, channels, kernel_size=1)
        self.out_channels = channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, C, H, W)``."""
        share = self.gate(torch.cat([first, second], 1)).sigmoid()
        fused: Tensor = share * first + (1 - share) * second
        return fused


class SqueezeExcitation(Fusion):
    """Concatenates both and weighs the channels; see `ChannelAttention`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = ChannelAttention(2 * channels)
        self.out_channels = 2 * channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, 2 C, H, W)``."""
        fused: Tensor = self.attention(torch.cat([first, second], 1))
        return fused


class CBAM(Fusion):
    """Concatenates both and weighs channels, then places; see `SpatialAttention`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(ChannelAttention(2 * channels), SpatialAttention())
        self.out_channels = 2 * channels

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(N, 2 C, H, W)``."""
        fused: Tensor = self.attention(torch.cat([first, second], 1))
        return fused


class MutualAttention(Fusion):
    """Lets each look into the other, and concatenates; see `CrossAttention`."""

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
