"""Each evaluation of the test set is counted, before its scores are known."""

from typing import Any

from lightning import Callback, LightningModule, Trainer
from tqdm import tqdm

from imgcls.data.image_data import data_of
from imgcls.runs.ledger import Ledger


class CountEvaluations(Callback):
    """Count each evaluation of the test set in the ledger of the weights' experiment.

    Args:
        ledger: Of the experiment.
        **facts: What it says of the weights, in plain types.
    """

    def __init__(self, ledger: Ledger, **facts: Any) -> None:
        self.ledger = ledger
        self.facts = facts

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count the test, and say how many it is."""
        number = self._count(trainer)
        tqdm.write(f"evaluation {number} of this test set by {self.ledger.experiment}")

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count the epoch whose curves show the test split."""
        if data_of(trainer).validate_on == "test" and not trainer.sanity_checking:
            self._count(trainer, epoch=trainer.current_epoch + 1)

    def _count(self, trainer: Trainer, **facts: Any) -> int:
        data = data_of(trainer)
        known = {"data": type(data).__name__, "images": len(data.test_images)}
        return self.ledger.add(data.content_hash("test"), **known, **self.facts, **facts)
