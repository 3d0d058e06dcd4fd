"""Freezes the backbone for the first epochs."""

from lightning import Callback, LightningModule, Trainer
from torch import nn

from imgcls.errors import InputError


class FreezeBackbone(Callback):
    """Train only the head in the first epochs, and the whole model from then on.

    A new head begins with random weights, whose gradients would damage a trained backbone (Kumar et
    al., "Fine-tuning can distort pretrained features and underperform out-of-distribution", 2022).
    A frozen backbone is in eval mode: its norms keep their statistics, and dropout is off.

    Args:
        epochs: Epochs during which the backbone is frozen, at least 0; with all epochs of the run
            the head is a linear probe of the features.

    Raises:
        InputError: A negative number of epochs.
    """

    def __init__(self, epochs: int = 1) -> None:
        if epochs < 0:
            raise InputError(f"FreezeBackbone's epochs is {epochs}: it must be at least 0")
        self.epochs = epochs
        self._weights: list[nn.Parameter] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record which weights are trained."""
        backbone = pl_module.get_submodule("backbone")
        self._weights = [weight for weight in backbone.parameters() if weight.requires_grad]

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Freeze or release the backbone, depending only on the number of the epoch."""
        self._release(pl_module, trainer.current_epoch >= self.epochs)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore the model."""
        self._release(pl_module, True)

    def _release(self, pl_module: LightningModule, released: bool) -> None:
        for weight in self._weights:
            weight.requires_grad_(released)  # without a gradient, no optimizer moves it
        pl_module.get_submodule("backbone").train(released)
