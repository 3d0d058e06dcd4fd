"""A second, averaged answer to each test picture, told apart from the plain one."""

from collections.abc import Iterator
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor
from torch.nn import functional


class TestTimeAugmentation(Callback):
    """Score the mean answer to several views of each test picture beside the plain answer.

    In the same pass of `imgcls test`, it shows the model the picture, its mirror image, and both
    moved by one pixel to the upper left and to the lower right; the moved ones weigh half. After
    Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024. ``result.json`` has the scores
    under ``test_tta``; those under ``test`` stay plain.
    """

    __test__ = False  # what tests import is not a test

    def __init__(self) -> None:
        self._logits: list[Tensor] = []

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin a new collection."""
        self._logits = []

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect the mean answer to the views of a batch."""
        with trainer.precision_plugin.forward_context():
            total = sum(weight * pl_module(view) for view, weight in _views(batch.inputs))
        self._logits.append(torch.as_tensor(total).float())

    def logits(self) -> Tensor:
        """Return the mean logits ``(N, K)`` of the last test pass."""
        return torch.cat(self._logits)


def _views(inputs: Any) -> Iterator[tuple[Any, float]]:
    """Yield normalised pictures ``(N, C, H, W)``, or pairs of them, as they are seen, and a weight.

    The weights add up to one.
    """
    for shift, weight in ((0, 0.5), (-1, 0.25), (1, 0.25)):
        moved = _each(inputs, lambda pictures, shift=shift: _moved(pictures, shift))
        yield moved, weight / 2
        yield _each(moved, lambda pictures: pictures.flip(-1)), weight / 2


def _each(inputs: Any, view: Any) -> Any:
    return view(inputs) if isinstance(inputs, Tensor) else tuple(map(view, inputs))


def _moved(pictures: Tensor, shift: int) -> Tensor:
    """Return pictures moved by ``shift`` pixels down and right; what comes in is mirrored."""
    if not shift:
        return pictures
    padded = functional.pad(pictures, (1, 1, 1, 1), "reflect")
    height, width = pictures.shape[2:]
    return padded[..., 1 - shift : 1 - shift + height, 1 - shift : 1 - shift + width]
