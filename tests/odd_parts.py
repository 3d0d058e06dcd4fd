"""Models and callbacks that only tests need, named by class path like anybody's own."""

import math
import os
import signal
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from torch import nn

from imgcls.models import Classifier


class DropoutNet(Classifier):
    """A net whose steps draw random numbers."""

    def __init__(
        self, num_classes: int, image_shape: tuple[int, int, int], **training: Any
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        channels, rows, columns = image_shape
        self.backbone = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * rows * columns, 32),
            nn.ReLU(),
            nn.Dropout(0.5),
        )
        self.head = nn.Linear(32, num_classes)


class SoftmaxNet(Classifier):
    """A net whose head applies softmax, which the loss then applies again."""

    def __init__(
        self, num_classes: int, image_shape: tuple[int, int, int], **training: Any
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        self.backbone = nn.Flatten()
        self.head = nn.Sequential(nn.Linear(math.prod(image_shape), num_classes), nn.Softmax(dim=1))


class LinearNet(Classifier):
    """A head on pixels: its backbone has no weights."""

    def __init__(
        self, num_classes: int, image_shape: tuple[int, int, int], **training: Any
    ) -> None:
        super().__init__(num_classes, image_shape, **training)
        self.backbone = nn.Flatten()
        self.head = nn.Linear(math.prod(image_shape), num_classes)


class SignalInEpoch(Callback):
    """Sends this process a signal in the second step of an epoch, once in a working folder."""

    def __init__(self, epoch: int, name: str, times: int = 1) -> None:
        self.epoch, self.name, self.times = epoch, name, times

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        sent = Path(f"signalled_in_{self.epoch}")
        if (trainer.current_epoch, batch_idx) == (self.epoch, 1) and not sent.exists():
            sent.touch()  # a run goes on with the same callbacks
            for _ in range(self.times):
                os.kill(os.getpid(), signal.Signals[self.name])


class MemoryFull(Callback):
    """Stands for a GPU without room for a step."""

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        raise torch.OutOfMemoryError(
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 4.00 "
            "GiB of which 1.00 GiB is free. Including non-PyTorch memory, this process has more"
        )


class Wanderer(Callback):
    """Iterates loaders and draws random numbers in the middle of an epoch."""

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        torch.rand(7)
        np.random.rand(7)  # noqa: NPY002
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        for loader in (data.train_dataloader(), data.val_dataloader()):
            next(iter(loader))


class Painter(Callback):
    """Draws a figure after each validation."""

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        mpl.use("agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots()
        axes.imshow(torch.rand(8, 8).numpy())
        figure.canvas.draw()
        pyplot.close(figure)


class Onlooker(Callback):
    """Shows the model another batch after each one that is validated or tested."""

    def on_validation_batch_end(self, *given: Any, **named: Any) -> None:
        _, model, _, batch, *_ = given
        model(batch.inputs.flip(3))

    on_test_batch_end = on_validation_batch_end


class BackboneDiary(Callback):
    """Keeps the backbone before training and after each epoch, and how it was in each step."""

    def __init__(self) -> None:
        self.states: list[dict[str, torch.Tensor]] = []
        self.steps: list[tuple[bool, bool]] = []  # in training mode, requiring gradients

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._keep(pl_module)

    def on_before_zero_grad(self, trainer: Trainer, pl_module: LightningModule, _: Any) -> None:
        backbone = pl_module.get_submodule("backbone")
        modes = {module.training for module in backbone.modules()}
        wanted = {weight.requires_grad for weight in backbone.parameters()}
        self.steps.append((modes == {True}, wanted == {True}))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._keep(pl_module)

    def _keep(self, pl_module: LightningModule) -> None:
        state = pl_module.get_submodule("backbone").state_dict()
        self.states.append({name: value.clone() for name, value in state.items()})


class Death(Callback):
    """Ends this process in the second epoch of the experiment that the file ``victim`` names.

    Args:
        sudden: By SIGKILL; else by an error that nobody expects.
    """

    def __init__(self, sudden: bool) -> None:
        self.sudden = sudden

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        victim = Path("victim")
        named = victim.is_file() and victim.read_text() == trainer.loggers[0].name
        if named and trainer.current_epoch == 1:
            victim.unlink()
            if self.sudden:
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("death")
