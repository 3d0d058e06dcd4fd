"""Averaged weights."""

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from imgcls.errors import InputError


class WeightEMA(WeightAveraging):
    """Validate and save the exponential moving average of the weights instead of the weights.

    Tarvainen, Valpola, "Mean teachers are better role models", 2017. Lightning's own
    `EMAWeightAveraging` by default averages on the processor also when a GPU trains, which then
    waits for every tensor of every step; this callback averages all weights at once on their own
    device. Running means and variances are averaged too; counts are copied. A buffer that is not
    in checkpoints keeps its initial value in the average.

    `AveragedModel.update_parameters` is not called: it asks the device twice per step whether this
    is the first one, which synchronises a GPU.

    Args:
        decay: Fraction of the average that a step keeps, in [0, 1).

    Raises:
        InputError: The decay is outside [0, 1).
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise InputError(
                f"decay is {decay}: it is the fraction of the averaged weights that a step keeps, "
                "so it must be at least 0 and below 1"
            )
        super().__init__()
        self.decay = decay
        self._step = 0  # the last that was averaged
        self._averaged: list[Tensor] = []
        self._current: list[Tensor] = []
        self._counts: list[tuple[Tensor, Tensor]] = []

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Create the average on the device that will train, before the weights are moved there."""
        if stage == "fit":
            super().__init__(device=trainer.strategy.root_device)
            self._step = 0
        super().setup(trainer, pl_module, stage)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Find the average: a checkpoint holds its tensors and those of the model."""
        checkpoint: dict[str, Any] = {"state_dict": pl_module.state_dict()}
        self.on_save_checkpoint(trainer, pl_module, checkpoint)
        average, current = checkpoint["state_dict"], checkpoint["current_model_state"]
        named = (*pl_module.named_parameters(), *pl_module.named_buffers())  # each tensor once
        pairs = [(average[name], current[name]) for name, _ in named if name in average]
        floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._averaged, self._current = map(list, zip(*floats, strict=True))
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Update the average with the weights of a step; the first step initialises it."""
        if trainer.global_step <= self._step:
            return  # gradients are being accumulated
        self._step = trainer.global_step
        decay = self.decay if trainer.global_step > 1 else 0.0
        average_all = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        average_all(self._averaged, self._current, None)
        for average, count in self._counts:
            average.copy_(count)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Copy the average into the model, and free its memory."""
        super().on_train_end(trainer, pl_module)
        self._averaged, self._current, self._counts = [], [], []

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a resumed run, with Lightning's key."""
        return {"latest_update_step": self._step}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from an earlier part of the run."""
        self._step = state_dict["latest_update_step"]
