"""What happens to a batch on its device: augmented in training, normalised always."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from imgcls.batch import Batch
from imgcls.transforms.draws import Draws, progress_of
from imgcls.transforms.mix import Mix
from imgcls.transforms.normalise import normalise
from imgcls.transforms.transform import Transform


class DeviceBatches:
    """The part of a data module that Lightning asks to prepare a batch.

    A data set of other inputs than images overrides `normalised` and `as_models_take_it`.

    Attributes:
        run_epochs: Epochs of the run that the data was rebuilt from, if any; -1 for no limit.
    """

    trainer: Any
    seed: int
    augment: Sequence[Transform]
    mix: Mix | None
    mean: Sequence[float]
    std: Sequence[float]
    one_hot: bool
    run_epochs: int | None = None

    @property
    @abstractmethod
    def num_classes(self) -> int:
        """Number of labels."""

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Move inputs and targets; Lightning searches any nesting, which slows a small step.

        The index stays, since random numbers are drawn where it lies (see `Draws`).
        """
        inputs, targets, index = batch
        inputs = inputs.to(device, non_blocking=True)
        return Batch(inputs, targets.to(device, non_blocking=True), index)

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Augment and mix (in training only) and normalise a batch on its device."""
        if self.trainer is None or not self.trainer.training:
            return self.as_models_take_it(batch._replace(inputs=self.normalised(batch.inputs)))
        inputs, targets = self._augmented(batch)
        return self.as_models_take_it(Batch(inputs, targets, batch.index))

    def evaluation_batch(self, batch: Batch, device: torch.device) -> Batch:
        """Return a batch on a device as evaluation takes it: normalised, never augmented."""
        moved = self.transfer_batch_to_device(batch, device, 0)
        return self.as_models_take_it(moved._replace(inputs=self.normalised(moved.inputs)))

    def as_models_take_it(self, batch: Batch) -> Batch:
        """Return a normalised batch in the form that models take."""
        if self.one_hot and batch.targets.dim() == 1:
            targets = functional.one_hot(batch.targets, self.num_classes).float()
            return batch._replace(targets=targets)
        return batch

    def normalised(self, images: Tensor) -> Tensor:
        """Return what a network is fed, float32 ``(N, C, H, W)``, of images as they are drawn."""
        return normalise(images, self.mean, self.std)

    def augmented(self, batch: Batch, epoch: int, epochs: int | None = None) -> Tensor:
        """Return images as an epoch of training sees them, not yet normalised nor mixed.

        Args:
            batch: Training images with their positions in the split.
            epoch: Epochs finished before this one; 0 is the first.
            epochs: Of the whole training; default those of the run that the data was rebuilt from
                (`Run.data`), else the trainer's.

        Raises:
            InputError: An augmentation depends on how much of the training is finished, and nobody
                knows the number of epochs.
        """
        epochs = epochs or self.run_epochs or (self.trainer.max_epochs if self.trainer else None)
        progress = progress_of(epoch, epochs) if epochs else None
        return self._transformed(batch.inputs, self._draws(batch, epoch, progress))

    def _draws(self, batch: Batch, epoch: int, progress: float | None) -> Draws:
        return Draws(self.seed, epoch, batch.index, progress, batch.inputs.device)

    def _transformed(self, images: Tensor, draws: Draws) -> Tensor:
        for transform in self.augment:
            images = transform(images, draws)
        return images

    def _augmented(self, batch: Batch) -> tuple[Tensor, Tensor]:
        epoch = self.trainer.current_epoch
        progress = progress_of(epoch, self.trainer.max_epochs)
        targets, draws = batch.targets, self._draws(batch, epoch, progress)
        inputs = self.normalised(self._transformed(batch.inputs, draws))
        if self.mix:
            inputs, targets = self.mix(inputs, targets, self.num_classes, draws)
        return inputs, targets
