"""Counts each evaluation of the test set before its scores are known."""

from typing import Any

from lightning import Callback, LightningModule, Trainer
from tqdm import tqdm

from imgcls.data.image_data import data_of
from imgcls.runs.ledger import Ledger


class CountEvaluations(Callback):
    """Count each evaluation of the test set in the ledger of the weights' experiment.

    Args:
        ledger: Ledger of the experiment.
        **metadata: Metadata of the weights to record, in plain types.
    """

    def __init__(self, ledger: Ledger, **metadata: Any) -> None:
        self.ledger = ledger
        self.metadata = metadata

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count the evaluation, and print its number."""
        number = self._count(trainer)
        tqdm.write(f"evaluation {number} of this test set by {self.ledger.experiment}")

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count the validation of an epoch if it uses the test split."""
        if data_of(trainer).validate_on == "test" and not trainer.sanity_checking:
            self._count(trainer, epoch=trainer.current_epoch + 1)

    def _count(self, trainer: Trainer, **more: Any) -> int:
        data = data_of(trainer)
        known = {"data": type(data).__name__, "images": len(data.test_images)}
        return self.ledger.add(data.content_hash("test"), **known, **self.metadata, **more)
