"""What a run achieved: the content of result.json."""

from typing import Any, NamedTuple

import torch
from lightning import Trainer
from torch import Tensor

from imgcls.batch import Split
from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.evaluation.flops import count_parameters, flops_per_image
from imgcls.evaluation.inference import logits_of
from imgcls.evaluation.metrics import score
from imgcls.evaluation.training_cost import training_petaflops
from imgcls.models import Classifier
from imgcls.runs import environment
from imgcls.runs.checkpoints import read_checkpoint
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import predictions_of, write_predictions


class TrainingCost(NamedTuple):
    """How many seconds a training took, and how many images it saw."""

    seconds: float
    images: int


class Validation(NamedTuple):
    """What the chosen weights predict for the validation split.

    Attributes:
        logits: ``(N, K)``.
        labels: ``(N,)``.
        epoch: Of the weights, counted from 1.
    """

    logits: Tensor
    labels: Tensor
    epoch: int


def training_result(
    run: Run, trainer: Trainer, model: Classifier, data: ImageDataModule, cost: TrainingCost
) -> tuple[dict[str, Any], Validation | None]:
    """Return the result of a finished training, measured with the chosen weights.

    The weights of the best validation accuracy are chosen, the last ones where there is no
    validation split or the curves are those of the test split. The model is left with them, and
    its predictions for the validation split are saved in the run's folder.

    Raises:
        InputError: No checkpoint was written.
    """
    try:
        checkpoint = run.checkpoint()
    except InputError as error:
        raise InputError(f"{error}: train for at least one epoch") from error
    content = read_checkpoint(checkpoint)
    model.load_state_dict(content["state_dict"])
    result = {
        **_facts(run, trainer, model, data, cost),
        "checkpoint": str(checkpoint.relative_to(run.folder.absolute())),
        "weights": f"{checkpoint.stem}, epoch {content['epoch'] + 1}",
        "train": _scored(model, data, "train", trainer)[0],
    }
    if not len(data.val_images):
        return result, None
    result["val"], validation = _scored(model, data, "val", trainer)
    saved = predictions_of(*validation, data.val_images.rows)
    write_predictions(run.predictions_file("val"), saved)
    return result, Validation(*validation, content["epoch"] + 1)


def _facts(
    run: Run, trainer: Trainer, model: Classifier, data: ImageDataModule, cost: TrainingCost
) -> dict[str, Any]:
    """Return what was trained on what and where, and what it cost."""
    device, epochs = trainer.strategy.root_device, trainer.current_epoch
    petaflops = training_petaflops(model, data, epochs, trainer.max_epochs, cost.images)
    memory = environment.peak_memory_mb(device)
    return {
        "experiment": run.experiment,
        "run": run.folder.name,
        "model": type(model).__name__,
        "data": type(data).__name__,
        "validated_on": data.validate_on,
        "epochs": epochs,
        "parameters": count_parameters(model),
        "flops_per_image": flops_per_image(model, data.image_shape, data.num_inputs),
        "train_petaflops": round(petaflops, 9),
        "train_seconds": round(cost.seconds, 2),
        "images_per_second": round(cost.images / cost.seconds, 1) if cost.seconds else None,
        "peak_memory_mb": round(memory),
        "device": environment.device_name(device),
        "precision": str(trainer.precision),
        "threads": torch.get_num_threads(),
        "versions": environment.versions(),
        "tuned_with": run.config.get("tuned_with"),
    }


def _scored(
    model: Classifier, data: ImageDataModule, split: Split, trainer: Trainer
) -> tuple[dict[str, Any], tuple[Tensor, Tensor]]:
    images = data.images(split)
    logits, labels = logits_of(model, data, images, trainer), images.labels
    return score(logits, labels, data.classes), (logits, labels)


def last_scores(
    model: Classifier, data: ImageDataModule, logits: Tensor | None = None
) -> dict[str, Any]:
    """Return the scores of the model's last validation or test pass, or of other logits of it."""
    plain, labels = model.outputs()
    return score((plain if logits is None else logits).cpu(), labels.cpu(), data.classes)
