"""What data hand to models: a batch of one of the three splits."""

from typing import Any, Literal, NamedTuple

from torch import Tensor

Split = Literal["train", "val", "test"]


class Batch(NamedTuple):
    """What the loaders give and the models take.

    Attributes:
        inputs: uint8 ``(N, C, H, W)`` from the loader; normalised float32 once on the device, where
            a data set of two inputs makes a pair of them.
        targets: Labels ``(N,)`` int64, or a distribution over the K classes ``(N, K)`` float32.
        index: Index ``(N,)`` of each image in its official split, on the CPU; it survives
            subsets.
    """

    inputs: Any
    targets: Tensor
    index: Tensor  # type: ignore[assignment]  # hides tuple.index, of no use in a batch

    @property
    def labels(self) -> Tensor:
        """Labels ``(N,)``, also where the targets are one-hot or mixed."""
        return self.targets if self.targets.dim() == 1 else self.targets.argmax(1)
