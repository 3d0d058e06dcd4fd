"""Time and number of images of a training."""

import time
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer


class TrainingClock(Callback):
    """Seconds of training, over all parts of a run.

    Each epoch is timed from its first step to its last: validation, checkpoints, and the loading of
    an epoch's first batch do not count.

    Attributes:
        seconds: Seconds so far; in the checkpoint, so that a resumed run continues to count.
        images: Images trained on so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.images = 0
        self._since: float | None = None

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a resumed run."""
        return {"seconds": self.seconds, "images": self.images}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from an earlier part of the run."""
        self.seconds, self.images = state_dict["seconds"], state_dict["images"]

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Start the clock if it is stopped."""
        if self._since is None:
            self._since = time.perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count the images."""
        self.images += len(batch.targets)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock."""
        self._stop()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock and log the seconds so far."""
        self._stop()
        pl_module.log("seconds", self.seconds)

    def _stop(self) -> None:
        if self._since is not None:
            if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
                torch.cuda.synchronize()  # the last steps may still be running
            self.seconds += time.perf_counter() - self._since
            self._since = None
