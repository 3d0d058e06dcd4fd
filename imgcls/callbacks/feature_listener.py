"""What layers give for a split's pictures, heard while the trainer looks at them."""

from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import nn
from tqdm.auto import tqdm

from imgcls.batch import Split
from imgcls.callbacks.features import Features
from imgcls.callbacks.run_pictures import is_recorded, tested_epoch
from imgcls.data.image_data import data_of
from imgcls.errors import InputError
from imgcls.evaluation.embedding import stratified_sample
from imgcls.evaluation.layer_hooks import Recorded, layer_names, pooled, record_layers


class FeatureListener(Callback, ABC):
    """Hears layers while the trainer validates or tests, so that no picture is computed twice.

    `imgcls fit` listens to the validation split, `imgcls test` to the test split in the pass that
    counts as its look.

    Args:
        layers: Dotted names of modules, whose outputs are averaged over places.
        every_n_epochs: Draw after each n-th epoch and after the last; 0 draws after the last alone,
            None in no `imgcls fit`.
        samples: Pictures that are drawn, each class with its share; 0 draws the whole split.
        seed: Of the sample.

    Raises:
        InputError: No layers, or numbers below 0.
    """

    def __init__(
        self, layers: tuple[str, ...], every_n_epochs: int | None, samples: int, seed: int
    ) -> None:
        name = type(self).__name__
        if not layers:
            raise InputError(f"{name}'s layers are none: name at least one")
        if (every_n_epochs or 0) < 0 or samples < 0:
            raise InputError(
                f"{name}'s every_n_epochs is {every_n_epochs} and samples {samples}: give at least "
                "0, which means the last epoch and the whole split"
            )
        self.layers = layers
        self.every_n_epochs = every_n_epochs
        self.samples = samples
        self.seed = seed
        self._listening = ExitStack()
        self._heard: Recorded = {}
        self._batches = 0

    @abstractmethod
    def draw(self, trainer: Trainer, pl_module: LightningModule, features: Features) -> None:
        """Draw one layer's features.

        Raises:
            InputError: They cannot be drawn; it is said, and the training goes on.
        """

    def check(self, model: nn.Module, data: Any) -> None:
        """See that the model has the layers."""
        layer_names(model, self.layers)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """See that the model has the layers."""
        self.check(pl_module, data_of(trainer))

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say so when there is nothing to look at."""
        data = data_of(trainer)
        nothing = data.validate_on == "test" or not len(data.val_images)
        if nothing and self.every_n_epochs is not None:
            name = type(self).__name__
            print(f"{name} draws nothing yet: no validation split is looked at", flush=True)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen, if this epoch is drawn."""
        data = data_of(trainer)
        training = trainer.state.fn == "fit" and not trainer.sanity_checking
        if training and data.validate_on == "val" and self._is_drawn(trainer):
            self._listen(trainer, pl_module)

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Forget what other callbacks computed after the batch before."""
        self._batches = batch_idx + 1
        for parts in self._heard.values():
            del parts[batch_idx:]

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw what was heard."""
        self._draw(trainer, pl_module, "val", trainer.current_epoch + 1)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen."""
        self._listen(trainer, pl_module)

    on_test_batch_start = on_validation_batch_start

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw what was heard."""
        self._draw(trainer, pl_module, "test", tested_epoch(trainer))

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Listen no longer."""
        self._listening.close()

    def _is_drawn(self, trainer: Trainer) -> bool:
        epoch = trainer.current_epoch + 1
        if self.every_n_epochs is None or not trainer.is_last_batch:  # of several in an epoch
            return False
        last = epoch == trainer.max_epochs or trainer.global_step == trainer.max_steps
        return last or bool(self.every_n_epochs and epoch % self.every_n_epochs == 0)

    def _listen(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if is_recorded(trainer):
            names = layer_names(pl_module, self.layers)
            listening = record_layers(pl_module, names, pooled)
            self._heard = self._listening.enter_context(listening)

    def _draw(self, trainer: Trainer, model: Any, split: Split, epoch: int) -> None:
        self._listening.close()
        heard = {layer: parts[: self._batches] for layer, parts in self._heard.items()}
        self._heard = {}
        if not heard:
            return
        labels = model.outputs()[1].cpu().numpy()
        places = stratified_sample(labels, self.samples, self.seed)
        for layer, parts in heard.items():
            whole = all(part.dim() == 2 for part in parts)
            try:
                if not whole or sum(map(len, parts)) != len(labels):
                    raise InputError("it does not return features once a picture: name another")
                values = torch.cat(parts).numpy()[places]
                features = Features(layer, values, places, labels[places], split, epoch)
                self.draw(trainer, model, features)
            except InputError as error:  # no reason to end a training
                name = type(self).__name__
                tqdm.write(f"{name} leaves out {layer} after epoch {epoch}: {error}")
