"""The callback that checks bfloat16 on a processor before using it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.precision import MixedPrecision as MixedPrecisionPlugin
from tqdm.auto import tqdm

from imgcls.models.checked_bfloat16 import CheckedBfloat16


class CheckedMixedPrecision(MixedPrecisionPlugin):
    """bfloat16 on a processor, checked wherever the trainer computes in it.

    Args:
        checked: Checks the model's layers.
    """

    def __init__(self, checked: CheckedBfloat16) -> None:
        super().__init__("bf16-mixed", "cpu")
        self.checked = checked

    @contextmanager
    def forward_context(self) -> Iterator[None]:
        """Compute in bfloat16 where its results are correct."""
        with super().forward_context(), self.checked.checking():
            yield


class CheckBfloat16(Callback):
    """Check each kind of call of a layer in bfloat16 on a processor, see `CheckedBfloat16`.

    Every run has it, and it does nothing on a GPU or in float32. ``imgcls predict`` prints its
    messages to stderr, apart from the predictions.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Begin to check, whatever set the precision."""
        strategy = trainer.strategy
        on_processor = strategy.root_device.type == "cpu"
        plain = type(strategy.precision_plugin) is MixedPrecisionPlugin
        if plain and on_processor and trainer.precision == "bf16-mixed":
            file = sys.stderr if stage == "predict" else sys.stdout
            checked = CheckedBfloat16(pl_module, lambda line: tqdm.write(line, file=file))
            strategy.precision_plugin = CheckedMixedPrecision(checked)
