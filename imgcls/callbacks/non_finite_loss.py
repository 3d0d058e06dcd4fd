"""A loss that is no number ends the run with a reason."""

import math
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

from imgcls.errors import InputError


class StopOnNonFiniteLoss(Callback):
    """Stop at the first step whose loss is NaN or infinite, and save its batch.

    It reads the loss of every step, which on a GPU waits for the step to finish.
    """

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the loss.

        Raises:
            InputError: It is not finite.
        """
        loss = outputs["loss"].item()
        if math.isfinite(loss):
            return
        saved = Path(trainer.log_dir or ".") / "non_finite_batch.pt"
        torch.save(batch._asdict(), saved)
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        raise InputError(
            f"the loss is {loss} at step {trainer.global_step} (epoch "
            f"{trainer.current_epoch}, batch {batch_idx}, learning rate {rate:.3g}); its batch is "
            f"in {saved}: try a lower learning rate, a warm-up or precision 32-true"
        )
