"""How far a run is, in one line of the terminal."""

import time
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from tqdm.auto import tqdm

from imgcls.data.image_data import data_of

FORMAT = "{desc}{percentage:3.0f}% |{bar}| {rate_fmt}, {remaining} left{postfix}"
SECONDS = 0.5  # between two refreshes: reading a loss makes a GPU wait


class RunProgress(ProgressBar):
    """A bar over the whole run: loss, accuracy, images per second and the time that is left.

    Loss and accuracy are the means of the epoch so far. An evaluation has a bar of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._enabled = True
        self._bar: Any = None
        self._refreshed = 0.0

    def disable(self) -> None:
        """Draw nothing, on other processes than the first."""
        self._enabled = False

    def enable(self) -> None:
        """Draw again."""
        self._enabled = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin the bar of the run, where a resumed one was."""
        epochs, batches = trainer.max_epochs or -1, int(trainer.num_training_batches)
        size = data_of(trainer).batch_size
        total = epochs * batches * size if epochs > 0 else None
        self._begin(total, trainer.current_epoch * batches * size)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say which epoch it is, counted from 1."""
        epochs = trainer.max_epochs or -1
        of = f"/{epochs}" if epochs > 0 else ""
        if self._bar is not None:
            self._bar.set_description_str(f"epoch {trainer.current_epoch + 1}{of} ", refresh=False)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count the images of a batch."""
        model: Any = pl_module
        if self._count(data_of(trainer).batch_size):
            loss, accuracy = model.epoch_means()
            self._bar.set_postfix_str(f"loss {float(loss):.3f}, accuracy {float(accuracy):.1%}")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remove the bar."""
        self._end()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Remove the bar."""
        self._end()

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin the bar of a test."""
        self._begin(len(data_of(trainer).test_images), 0, "test ")

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Count the images of a batch."""
        if self._count(len(batch.index)):
            self._bar.refresh()

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remove the bar."""
        self._end()

    def _begin(self, total: int | None, done: int, name: str = "") -> None:
        self._end()
        self._bar = tqdm(
            total=total, initial=done, desc=name, unit=" images", unit_scale=True, leave=False,
            dynamic_ncols=True, bar_format=FORMAT, disable=not self._enabled,
            mininterval=float("inf"), smoothing=0.05,
        )  # fmt: skip

    def _count(self, images: int) -> bool:
        """Count images, and return whether it is time to show them."""
        if self._bar is None:
            return False
        self._bar.update(images)
        now = time.monotonic()
        due = self._enabled and now - self._refreshed > SECONDS
        if due:
            self._refreshed = now
        return due

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
