"""Stops a run whose loss is not finite."""

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
        description: Step, epoch, batch and learning rate, in words.
        saved: The part of its batch that is saved on failure.
    """

    loss: Tensor
    description: str
    saved: dict[str, Any]


class StopOnNonFiniteLoss(Callback):
    """Stop at the first step whose loss is NaN or infinite, and save its batch.

    Reading a loss waits for the device that computes it. On a GPU the losses of an epoch are
    therefore read at its end, and only the batch's index is saved: images and augmentation follow
    from it.
    """

    def __init__(self) -> None:
        self._unread: list[Step] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Check the loss, or keep it for later where reading would wait.

        Raises:
            InputError: It is not finite.
        """
        loss = outputs["loss"]
        at_once = loss.device.type == "cpu"
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        description = (
            f"step {trainer.global_step} (epoch {trainer.current_epoch}, batch {batch_idx}, "
            f"learning rate {rate:.3g})"
        )
        saved = batch._asdict() if at_once else {"index": batch.index}
        self._unread.append(Step(loss, description, saved))
        if at_once:
            self._read(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the losses of the epoch that were not read yet.

        Raises:
            InputError: One is not finite.
        """
        self._read(trainer)

    def _read(self, trainer: Trainer) -> None:
        steps, self._unread = self._unread, []
        losses = torch.stack([step.loss for step in steps]).tolist() if steps else []
        for loss, step in zip(losses, steps, strict=True):
            if not math.isfinite(loss):
                path = Path(trainer.log_dir or ".") / "non_finite_batch.pt"
                torch.save(step.saved, path)
                raise InputError(
                    f"the loss is {loss} at {step.description}; its batch is in {path}: "
                    "try a lower learning rate, a warm-up or precision 32-true"
                )
