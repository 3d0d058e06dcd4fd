"""A backbone that waits until the head has learned something."""

from lightning import Callback, LightningModule, Trainer
from torch import nn

from imgcls.errors import InputError


class FreezeBackbone(Callback):
    """Train the head alone in the first epochs, and all of the model from then on.

    A new head begins with random weights, whose gradients would spoil a trained backbone (Kumar et
    al., "Fine-tuning can distort pretrained features and underperform out-of-distribution", 2022).
    A frozen backbone is in eval mode, so its norms keep their statistics and nothing is dropped.

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
        """Note which weights are trained at all."""
        backbone = pl_module.get_submodule("backbone")
        self._weights = [weight for weight in backbone.parameters() if weight.requires_grad]

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Freeze or release the backbone, by the number of the epoch alone."""
        self._release(pl_module, trainer.current_epoch >= self.epochs)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the model as it came."""
        self._release(pl_module, True)

    def _release(self, pl_module: LightningModule, released: bool) -> None:
        for weight in self._weights:
            weight.requires_grad_(released)  # without a gradient, no optimizer moves it
        pl_module.get_submodule("backbone").train(released)
