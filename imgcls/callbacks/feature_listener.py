"""Collects the features of a split while the trainer evaluates it."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import nn
from tqdm.auto import tqdm

from imgcls.batch import Split
from imgcls.callbacks.features import Features
from imgcls.callbacks.figure_files import is_recorded, tested_epoch
from imgcls.data.image_data import data_of
from imgcls.errors import InputError
from imgcls.evaluation.embedding import stratified_sample
from imgcls.evaluation.layer_hooks import Recorded, layer_names, pooled, record_layers


class FeatureListener(Callback, ABC):
    """Records layers while the trainer validates or tests, so that no image is computed twice.

    `imgcls fit` records the validation split, `imgcls test` the test split, in the same pass that
    counts as the evaluation.

    Args:
        layers: Dotted names of modules, whose outputs are averaged over positions.
        every_n_epochs: Draw after each n-th epoch and after the last; 0 draws only after the last,
            None never in `imgcls fit`.
        samples: Number of images that are drawn, stratified by class; 0 draws the whole split.
        seed: Seed of the sample.

    Raises:
        InputError: No layers, or numbers below 0.
    """

    def __init__(
        self, layers: tuple[str, ...], every_n_epochs: int | None, samples: int, seed: int
    ) -> None:
        name = type(self).__name__
        if not layers:
            raise InputError(f"{name}'s layers is empty: name at least one layer")
        if (every_n_epochs or 0) < 0 or samples < 0:
            raise InputError(
                f"{name}'s every_n_epochs is {every_n_epochs} and samples {samples}: give at least "
                "0, which means the last epoch and the whole split"
            )
        self.layers = layers
        self.every_n_epochs = every_n_epochs
        self.samples = samples
        self.seed = seed
        self._hooks = ExitStack()
        self._recorded: Recorded = {}
        self._batches = 0

    @abstractmethod
    def draw(self, trainer: Trainer, pl_module: LightningModule, features: Features) -> None:
        """Draw one layer's features.

        Raises:
            InputError: They cannot be drawn; this is printed, and the training continues.
        """

    def check(self, model: nn.Module, data: Any) -> None:
        """Check that the model has the layers."""
        layer_names(model, self.layers)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Check that the model has the layers."""
        self.check(pl_module, data_of(trainer))

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print a line if there is no validation split to draw."""
        data = data_of(trainer)
        nothing = data.validate_on == "test" or not len(data.val_images)
        if nothing and self.every_n_epochs is not None:
            name = type(self).__name__
            print(
                f"{name} draws nothing in fit: there is no validation split to evaluate", flush=True
            )

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to record, if this epoch is drawn."""
        data = data_of(trainer)
        training = trainer.state.fn == "fit" and not trainer.sanity_checking
        if training and data.validate_on == "val" and self._is_drawn(trainer):
            self._record(trainer, pl_module)

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Discard what other callbacks computed after the previous batch."""
        self._batches = batch_idx + 1
        for parts in self._recorded.values():
            del parts[batch_idx:]

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the recorded features."""
        self._draw(trainer, pl_module, "val", trainer.current_epoch + 1)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to record."""
        self._record(trainer, pl_module)

    on_test_batch_start = on_validation_batch_start

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the recorded features."""
        self._draw(trainer, pl_module, "test", tested_epoch(trainer))

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Remove the hooks."""
        self._hooks.close()

    def _is_drawn(self, trainer: Trainer) -> bool:
        epoch = trainer.current_epoch + 1
        if self.every_n_epochs is None or not trainer.is_last_batch:  # of several in an epoch
            return False
        last = epoch == trainer.max_epochs or trainer.global_step == trainer.max_steps
        return last or bool(self.every_n_epochs and epoch % self.every_n_epochs == 0)

    def _record(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if is_recorded(trainer):
            names = layer_names(pl_module, self.layers)
            self._recorded = self._hooks.enter_context(record_layers(pl_module, names, pooled))

    def _draw(self, trainer: Trainer, model: Any, split: Split, epoch: int) -> None:
        self._hooks.close()
        recorded = {layer: parts[: self._batches] for layer, parts in self._recorded.items()}
        self._recorded = {}
        if not recorded:
            return
        labels = model.outputs()[1].cpu().numpy()
        positions = stratified_sample(labels, self.samples, self.seed)
        for layer, parts in recorded.items():
            whole = all(part.dim() == 2 for part in parts)
            try:
                if not whole or sum(map(len, parts)) != len(labels):
                    raise InputError(
                        "it does not return one feature vector per image: name another layer"
                    )
                values = torch.cat(parts).numpy()[positions]
                features = Features(layer, values, positions, labels[positions], split, epoch)
                self.draw(trainer, model, features)
            except InputError as error:  # a figure must not end a training
                name = type(self).__name__
                tqdm.write(f"{name} skips {layer} after epoch {epoch}: {error}")
