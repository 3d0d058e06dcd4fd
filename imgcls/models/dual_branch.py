"""Two branches that share no weights, one for the picture and one for its gradient."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from imgcls.errors import InputError
from imgcls.models.classifier import Classifier
from imgcls.models.fusion import METHODS, Exchange, Method
from imgcls.models.initialisation import initialise_residual
from imgcls.models.layers import convolution
from imgcls.models.resnet import BasicBlock, stem_layers

Level = Literal["input", "early", "middle", "late"]
View = Literal["image", "gradient"]
Kind = Literal["residual", "plain"]
STAGES = 4
PLACES: dict[str, int] = {"input": 0, "early": 1, "middle": 2, "late": STAGES}  # stages before


def stage(kind: Kind, number: int, in_channels: int, width: int) -> nn.Sequential:
    """Return one of four stages, ``(N, C, H, W)`` to ``(N, width 2^number, H', W')``.

    The first, of number 0, keeps the size; each other halves it. ``residual`` is ResNet-18's two
    blocks, ``plain`` two convolutions.
    """
    channels = width * 2**number
    if kind == "residual":
        stem = [] if number else stem_layers("cifar", in_channels, width)
        first = BasicBlock(in_channels, channels, 2) if number else BasicBlock(width, width, 1)
        return nn.Sequential(*stem, first, BasicBlock(channels, channels, 1))
    pool = [nn.MaxPool2d(2)] if number else []
    first_convolution = convolution(in_channels, channels, 3, 1, batch_norm=True)
    return nn.Sequential(*pool, *first_convolution, *convolution(channels, channels, 3, 1, True))


def branch(kind: Kind, stages: int, channels: int, width: int) -> nn.ModuleList:
    """Return the first stages of a network for pictures of so many channels."""
    widths = [channels, *(width * 2**number for number in range(stages))]
    return nn.ModuleList(stage(kind, number, widths[number], width) for number in range(stages))


class TwoStreams(nn.Module):
    """Two branches, fused at one or more levels, and one trunk behind the last fusion.

    Before the last level, what is fused is added to both branches, which then go on apart.

    Args:
        sees: Which of the pair each branch sees.
        kinds: Of each branch; the trunk is of the first one's.
        levels: Where they are fused, in order.
        method: How.
        channels: Channels of the inputs.
        width: Channels of the first stage.
    """

    def __init__(
        self,
        sees: Sequence[View],
        kinds: Sequence[Kind],
        levels: Sequence[Level],
        method: Method,
        channels: int,
        width: int,
    ) -> None:
        super().__init__()
        self.views = [("image", "gradient").index(view) for view in sees]
        self.levels = {PLACES[level]: level for level in levels}
        self.last = max(self.levels)
        self.first, self.second = (branch(kind, self.last, channels, width) for kind in kinds)
        self.fusions = nn.ModuleDict()
        self.exchanges = nn.ModuleDict()
        joined = channels
        for place, level in self.levels.items():
            inner = width * 2 ** (place - 1) if place else channels
            fusion = METHODS[method](inner)
            self.fusions[level] = fusion
            joined = fusion.out_channels
            if place != self.last:
                self.exchanges[level] = Exchange(joined, inner)
        widths = [joined, *(width * 2**number for number in range(self.last, STAGES))]
        self.out_channels = widths[-1]
        self.trunk = nn.Sequential(
            *(
                stage(kinds[0], number, widths[number - self.last], width)
                for number in range(self.last, STAGES)
            ),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, pair: Sequence[Tensor]) -> Tensor:
        """Return the features ``(N, out_channels)`` of picture and gradient."""
        first, second = (pair[view] for view in self.views)
        for place in range(self.last + 1):
            if place:
                first, second = self.first[place - 1](first), self.second[place - 1](second)
            if level := self.levels.get(place):
                fused = self.fusions[level](first, second)
                if place != self.last:
                    first, second = self.exchanges[level](first, second, fused)
        features: Tensor = self.trunk(fused)
        return features


class OneStream(nn.Module):
    """One branch that sees one of the pair: the control without a fusion.

    Args:
        sees: Which of the pair.
        kind: Of the branch.
        channels: Channels of the input.
        width: Channels of the first stage.
    """

    def __init__(self, sees: View, kind: Kind, channels: int, width: int) -> None:
        super().__init__()
        self.view = ("image", "gradient").index(sees)
        self.out_channels = width * 2 ** (STAGES - 1)
        self.stages = nn.Sequential(
            *branch(kind, STAGES, channels, width), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )

    def forward(self, pair: Sequence[Tensor]) -> Tensor:
        """Return the features ``(N, out_channels)``."""
        features: Tensor = self.stages(pair[self.view])
        return features


class DualBranchNet(Classifier):
    """ResNet-18 (He et al., 2016) in two branches, for pairs of a picture and its gradient.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of each of the pair; comes from the data.
        sees: What each branch sees; ``[image, image]`` and a single view are controls.
        kinds: Of each branch: ``residual`` as in ResNet-18, or ``plain`` convolutions.
        levels: Where the branches are fused, one or more of ``input`` (the pictures), ``early`` (of
            full size), ``middle`` (half the size) and ``late`` (before pooling).
        method: How: see `imgcls.models.fusion`.
        width: Channels of the first stage of a branch; ResNet-18 has 64.
        **training: See `Classifier`.

    Raises:
        InputError: More than two views, or no level, or one that is repeated.
    """

    num_inputs: ClassVar[int] = 2

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        sees: tuple[View, ...] = ("image", "gradient"),
        kinds: tuple[Kind, Kind] = ("residual", "residual"),
        levels: tuple[Level, ...] = ("late",),
        method: Method = "concatenation",
        width: int = 32,
        **training: Any,
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        if len(sees) not in (1, 2):
            raise InputError(f"sees has {len(sees)} views: give one or two of image and gradient")
        if not levels or len(set(levels)) < len(levels):
            raise InputError(
                f"levels is {list(levels)}: name one or more of {', '.join(PLACES)}, each once"
            )
        channels = image_shape[0]
        streams: OneStream | TwoStreams
        if len(sees) == 1:
            streams = OneStream(sees[0], kinds[0], channels, width)
        else:
            in_order = sorted(levels, key=lambda level: PLACES[level])
            streams = TwoStreams(sees, kinds, in_order, method, channels, width)
        self.backbone = streams
        self.head = nn.Linear(streams.out_channels, num_classes)
        initialise_residual(self)
        self.initialise()
