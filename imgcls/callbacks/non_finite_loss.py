"""A loss that is no number ends the run with a reason."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from imgcls.errors import InputError


class Step(NamedTuple):
    """A step of training.

    Attributes:
        loss: Its loss, on the device that computes it.
        place: Which step it was, in words.
        kept: What is saved of its batch.
    """

    loss: Tensor
    place: str
    kept: dict[str, Any]


class StopOnNonFiniteLoss(Callback):
    """Stop at the first step whose loss is NaN or infinite, and save its batch.

    To read a loss is to wait for the device that computes it. So on a GPU those of an epoch are
    read at its end, and the batch's index alone is saved: its pictures and what augmentation made
    of them follow from it.
    """

    def __init__(self) -> None:
        self._unread: list[Step] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the loss, or note it where looking would wait.

        Raises:
            InputError: It is not finite.
        """
        loss = outputs["loss"]
        at_once = loss.device.type == "cpu"
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        place = (
            f"step {trainer.global_step} (epoch {trainer.current_epoch}, batch {batch_idx}, "
            f"learning rate {rate:.3g})"
        )
        kept = batch._asdict() if at_once else {"index": batch.index}
        self._unread.append(Step(loss, place, kept))
        if at_once:
            self._read(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the losses of the epoch that were not looked at.

        Raises:
            InputError: One is not finite.
        """
        self._read(trainer)

    def _read(self, trainer: Trainer) -> None:
        steps, self._unread = self._unread, []
        losses = torch.stack([step.loss for step in steps]).tolist() if steps else []
        for loss, step in zip(losses, steps, strict=True):
            if not math.isfinite(loss):
                saved = Path(trainer.log_dir or ".") / "non_finite_batch.pt"
                torch.save(step.kept, saved)
                raise InputError(
                    f"the loss is {loss} at {step.place}; its batch is in {saved}: try a lower "
                    "learning rate, a warm-up or precision 32-true"
                )
