"""Two branches without shared weights, one for the image and one for its gradient."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from imgcls.errors import InputError
from imgcls.models.classifier import Classifier
from imgcls.models.fusion import METHODS, Exchange, Method
from imgcls.models.speed_net import check_image_size
from imgcls.models.stages import (
    STAGES,
    Kind,
    branch,
    global_pooling,
    linear_head,
    stage_channels,
)
from imgcls.models.whitening import fit_whitening

Level = Literal["input", "early", "middle", "late"]
View = Literal["image", "gradient"]
STAGES_BEFORE: dict[str, int] = {"input": 0, "early": 1, "middle": 2, "late": STAGES}


class TwoStreams(nn.Module):
    """Two branches, fused at one or more levels, and one trunk after the last fusion.

    Before the last level, the fused maps are added to both branches, which then continue apart.

    Args:
        sees: The view, image or gradient, that each branch takes.
        kinds: Kind of each branch; the trunk has that of the first branch.
        levels: Levels of the fusions, in order.
        method: Fusion method.
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
        self.levels = {STAGES_BEFORE[level]: level for level in levels}
        self.last = max(self.levels)
        before = range(self.last)
        self.first, self.second = (branch(kind, before, channels, width)[0] for kind in kinds)
        self.fusions = nn.ModuleDict()
        self.exchanges = nn.ModuleDict()
        joined = channels
        for depth, level in self.levels.items():
            inner = stage_channels(kinds[0], depth - 1, channels, width) if depth else channels
            fusion = METHODS[method](inner)
            self.fusions[level] = fusion
            joined = fusion.out_channels
            if depth != self.last:
                self.exchanges[level] = Exchange(joined, inner)
        trunk, self.out_channels = branch(kinds[0], range(self.last, STAGES), joined, width)
        self.trunk = nn.Sequential(*trunk, global_pooling(kinds[0]), nn.Flatten())

    def forward(self, pair: Sequence[Tensor]) -> Tensor:
        """Return the features ``(N, out_channels)`` of image and gradient."""
        first, second = (pair[view] for view in self.views)
        for depth in range(self.last + 1):
            if depth:
                first, second = self.first[depth - 1](first), self.second[depth - 1](second)
            if level := self.levels.get(depth):
                fused = self.fusions[level](first, second)
                if depth != self.last:
                    first, second = self.exchanges[level](first, second, fused)
        features: Tensor = self.trunk(fused)
        return features


class OneStream(nn.Module):
    """One branch that takes one view of the pair: the control without a fusion.

    Args:
        sees: The view, image or gradient.
        kind: Kind of the branch.
        channels: Channels of the input.
        width: Channels of the first stage.
    """

    def __init__(self, sees: View, kind: Kind, channels: int, width: int) -> None:
        super().__init__()
        self.view = ("image", "gradient").index(sees)
        stages, self.out_channels = branch(kind, range(STAGES), channels, width)
        self.stages = nn.Sequential(*stages, global_pooling(kind), nn.Flatten())

    def forward(self, pair: Sequence[Tensor]) -> Tensor:
        """Return the features ``(N, out_channels)``."""
        features: Tensor = self.stages(pair[self.view])
        return features


class DualBranchNet(Classifier):
    """Two branches of four stages each, for pairs of an image and its gradient.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of image and gradient; comes from the data.
        sees: The view that each branch takes; ``[image, image]`` and a single view are controls.
        kinds: Kind of each branch: ``residual`` as in `ResNet18`, ``plain`` convolutions, or
            ``speed`` as in `SpeedNet`, which can be fused only with its own kind, since its maps
            have another size.
        levels: Levels of the fusions, one or more of ``input`` (the images), ``early`` (full
            size), ``middle`` (half the size) and ``late`` (before pooling).
        method: Fusion method, see `imgcls.models.fusion`.
        width: Channels of the first stage of a branch, and half of those of the second one;
            ResNet-18 has 64, SpeedNet 32.
        **training: See `Classifier`.

    Raises:
        InputError: More than two views, no level, a repeated level, kinds that cannot be fused, or
            images that are too small.
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
                f"levels is {list(levels)}: "
                f"name one or more of {', '.join(STAGES_BEFORE)}, each once"
            )
        if len(sees) == 2 and kinds[0] != kinds[1] and "speed" in kinds:
            raise InputError(
                f"kinds is {list(kinds)}: a speed branch has maps of another size than the others, "
                "so both have to be speed, or none"
            )
        if "speed" in kinds:
            check_image_size("a speed branch", STAGES - 1, image_shape)
        channels = image_shape[0]
        streams: OneStream | TwoStreams
        if len(sees) == 1:
            streams = OneStream(sees[0], kinds[0], channels, width)
        else:
            in_order = sorted(levels, key=lambda level: STAGES_BEFORE[level])
            streams = TwoStreams(sees, kinds, in_order, method, channels, width)
        self.backbone = streams
        self.head = linear_head(kinds[0], streams.out_channels, num_classes)
        self.initialise()

    def setup(self, stage: str) -> None:
        """Compute the filters of whitening stems before the first step of a new run."""
        if stage == "fit":
            fit_whitening(self)
