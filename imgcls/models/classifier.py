"""The base class of models: backbone and head, loss, scores, optimizer and schedule."""

import math
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from lightning import LightningModule
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.cli import OptimizerCallable
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from imgcls.batch import Batch
from imgcls.errors import InputError
from imgcls.losses import CrossEntropy, Penalty, are_probabilities
from imgcls.models.initialisation import Initialisation, initialise
from imgcls.schedules import Constant, Schedule


class Classifier(LightningModule):
    """A backbone that turns images into features and a head that turns features into logits.

    A model sets ``self.backbone``, ``(N, C, H, W)`` to ``(N, D)``, and ``self.head``, ``(N, D)`` to
    ``(N, K)``, in its constructor; all else is here.

    Args:
        num_classes: Number K of labels; comes from the data.
        image_shape: ``(C, H, W)`` of one image; comes from the data.
        optimizer: Class path and arguments of a `torch.optim` optimizer; default AdamW with a
            learning rate of 0.001. Biases and norm weights (one dimension) have no weight decay.
        schedule: Factor on the learning rate as a function of the fraction of the run that is
            finished; default constant.
        loss: Module of logits and targets, labels or distributions; default
            `imgcls.losses.CrossEntropy`.
        penalties: Penalties on large weights, added to the optimised loss but not to the logged
            loss, so that training and validation stay comparable.
        initialisation: ``xavier``, ``he`` or ``identity`` initial weights; default the model's
            own.
        backbone_rate: Factor on the learning rate of the backbone, above 0; below 1 for
            fine-tuning, so that a new head learns faster than the pretrained backbone.
        bias_rate: Factor on the learning rate of biases and norm weights (one dimension), above 0;
            a short run learns more with a large factor (Page, "How to train your ResNet 8", 2019).

    Attributes:
        training_backbone: A faster version of the backbone for training, see `Machine`. Evaluation
            does not use it, since it has other batch sizes and hooks inside the backbone.

    Raises:
        InputError: A factor is not above 0.
    """

    num_inputs: ClassVar[int] = 1
    backbone: nn.Module
    head: nn.Module

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int],
        optimizer: OptimizerCallable | None = None,
        schedule: Schedule | None = None,
        loss: nn.Module | None = None,
        penalties: list[Penalty] | None = None,
        initialisation: Initialisation | None = None,
        backbone_rate: float = 1.0,
        bias_rate: float = 1.0,
    ) -> None:
        super().__init__()
        if not 0 < backbone_rate < math.inf:
            raise InputError(
                f"backbone_rate is {backbone_rate}: it is a factor on the learning rate, so it "
                "must be above 0; the callback FreezeBackbone keeps the backbone unchanged"
            )
        if not 0 < bias_rate < math.inf:
            raise InputError(
                f"bias_rate is {bias_rate}: it is a factor on the learning rate, so it must be "
                "above 0"
            )
        self.save_hyperparameters(
            ignore=["optimizer", "schedule", "loss", "penalties"], logger=False
        )
        self.num_classes = num_classes
        self.image_shape = tuple(image_shape)
        self.optimizer = optimizer or torch.optim.AdamW
        self.schedule = schedule or Constant()
        self.loss = loss or CrossEntropy()
        self.penalties = penalties or []
        self.initialisation = initialisation
        self.backbone_rate = backbone_rate
        self.bias_rate = bias_rate
        self._loss_sum = self._hits = torch.zeros(())
        self._count = 0
        self._outputs: list[tuple[Tensor, Tensor]] = []
        self._initialised = False
        self.training_backbone: Callable[[Tensor], Tensor] | None = None

    def initialise(self) -> None:
        """Initialise the weights again if requested; a model's constructor ends with this call."""
        if self.initialisation:
            initialise(self, self.initialisation)
        self._initialised = True

    def features(self, inputs: Tensor) -> Tensor:
        """Return the features ``(N, D)`` of normalised images ``(N, C, H, W)``."""
        faster = self.training_backbone if self.backbone.training else None
        features: Tensor = (faster or self.backbone)(inputs)
        return features

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits ``(N, K)`` of normalised images ``(N, C, H, W)``."""
        logits: Tensor = self.head(self.features(inputs))
        return logits

    def on_train_epoch_start(self) -> None:
        """Reset the sums of loss, correct predictions and images."""
        self._loss_sum = self._hits = torch.zeros((), device=self.device)
        self._count = 0

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Return the mean loss of the batch; sums stay on the device until the epoch ends."""
        logits = self(batch.inputs)
        if self.global_step == 0 and are_probabilities(logits):
            warnings.warn(
                f"each row of {type(self).__name__}'s outputs sums to one, as if softmax had been "
                "applied; cross-entropy applies it itself: let the head return logits",
                stacklevel=2,
            )
        loss: Tensor = self.loss(logits, batch.targets)
        labels = batch.labels
        self._loss_sum = self._loss_sum + loss.detach() * len(labels)
        self._hits = self._hits + (logits.argmax(1) == labels).sum()
        self._count += len(labels)
        for penalty in self.penalties:
            loss = loss + penalty(weight for weight in self.parameters() if weight.dim() > 1)
        return loss

    def epoch_means(self) -> tuple[Tensor, Tensor]:
        """Return loss and accuracy of the epoch so far, over its images as seen in training."""
        return self._loss_sum / self._count, self._hits / self._count

    def on_train_epoch_end(self) -> None:
        """Log the epoch's means over its images, as they were trained on: augmented and mixed."""
        for name, value in zip(("loss", "acc"), self.epoch_means(), strict=True):
            self.log(f"train/{name}", value)
        self.log("lr", self.trainer.optimizers[0].param_groups[0]["lr"])

    def on_train_end(self) -> None:
        """Remove the faster backbone: the weights soon leave the memory that it uses."""
        self.training_backbone = None

    def on_validation_epoch_start(self) -> None:
        """Begin a new collection of outputs."""
        self._outputs = []

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Collect the logits and labels of a batch."""
        self._outputs.append((self(batch.inputs), batch.labels))

    def on_validation_epoch_end(self) -> None:
        """Log loss and accuracy over all images of the validation split."""
        self._log_outputs("val")

    on_test_epoch_start = on_validation_epoch_start
    test_step = validation_step

    def on_test_epoch_end(self) -> None:
        """Log loss and accuracy over all images of the test split."""
        self._log_outputs("test")

    def outputs(self) -> tuple[Tensor, Tensor]:
        """Return logits ``(N, K)`` and labels ``(N,)`` of the last validation or test pass."""
        logits, labels = zip(*self._outputs, strict=True)
        return torch.cat(logits).float(), torch.cat(labels)

    def _log_outputs(self, split: str) -> None:
        logits, labels = self.outputs()
        self.log(f"{split}/loss", self.loss(logits, labels))
        self.log(f"{split}/acc", (logits.argmax(1) == labels).float().mean())

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save averaged weights, which were validated, in the best checkpoint too.

        Lightning calls no callback for a checkpoint of the weights only.
        """
        if "callbacks" in checkpoint:  # a whole checkpoint, which callbacks have already changed
            return
        for callback in self.trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, WeightAveraging):
                callback.on_save_checkpoint(self.trainer, self, checkpoint)
                for key in ("current_model_state", "averaging_state"):
                    checkpoint.pop(key, None)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Build the optimizer and a schedule that is updated after every batch.

        Raises:
            InputError: The length of the run is unknown, so its fractions are undefined, or the
                model does not support an initialisation but one was requested.
        """
        if self.initialisation and not self._initialised:
            raise InputError(
                f"{type(self).__name__} takes no initialisation, but {self.initialisation!r} was "
                "requested: end its constructor with self.initialise()"
            )
        steps = self.trainer.estimated_stepping_batches
        if steps == float("inf"):
            raise InputError(
                "trainer.max_epochs and trainer.max_steps are both unlimited, but the "
                "learning-rate schedule is a function of the fraction of the run: give one of them"
            )
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = self.optimizer(trained)
        groups = self._parameter_groups(trained, optimizer.defaults)
        if len(groups) > 1:
            optimizer = self.optimizer(groups)
        scheduler = LambdaLR(optimizer, lambda step: self.schedule(min(step / steps, 1.0)))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    def _parameter_groups(
        self, trained: list[nn.Parameter], defaults: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the optimizer's groups, all present from the first step on.

        The head comes first, since its learning rate is logged; biases and norms have no decay.
        """
        parts: list[dict[str, Any]] = [{"params": trained}]
        if self.backbone_rate != 1.0:
            backbone = set(self.backbone.parameters())
            rate = defaults["lr"] * self.backbone_rate
            parts = [
                {"params": [weight for weight in trained if weight not in backbone]},
                {"params": [weight for weight in trained if weight in backbone], "lr": rate},
            ]
        if not defaults.get("weight_decay") and self.bias_rate == 1.0:
            return parts
        undecayed = {"weight_decay": 0.0} if "weight_decay" in defaults else {}
        groups = []
        for part in parts:
            weights = [weight for weight in part["params"] if weight.dim() > 1]
            others = [weight for weight in part["params"] if weight.dim() <= 1]
            groups += [{**part, "params": weights}]
            rate = part.get("lr", defaults["lr"]) * self.bias_rate
            groups += [{**part, "params": others, "lr": rate, **undecayed}]
        return groups
