"""What a run achieved: the content of result.json."""

from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import torch
from lightning import Trainer
from torch import Tensor

from imgcls.callbacks import TrainingClock
from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.evaluation.flops import count_parameters, flops_per_image
from imgcls.evaluation.inference import predict_logits
from imgcls.evaluation.metrics import score
from imgcls.evaluation.training_cost import training_petaflops
from imgcls.models import Classifier
from imgcls.runs import environment
from imgcls.runs.checkpoints import read_checkpoint
from imgcls.runs.saved_predictions import answers_of, write_answers


class Validation(NamedTuple):
    """What the chosen weights answer to the validation pictures.

    Attributes:
        logits: ``(N, K)``.
        labels: ``(N,)``.
        epoch: Of the weights, counted from 1.
    """

    logits: Tensor
    labels: Tensor
    epoch: int


def training_result(
    run: Path,
    trainer: Trainer,
    model: Classifier,
    data: ImageDataModule,
    clock: TrainingClock,
) -> tuple[dict[str, Any], Validation | None]:
    """Return the result of a finished training, measured with the chosen weights, and its answers.

    The weights of the best validation accuracy are chosen, the last ones where no validation split
    was kept or the curves are those of the test split. The model is left with them, and what it
    answered to the validation pictures is kept in the run's folder.
    """
    checkpoint = run / "checkpoints" / "best.ckpt"
    if not checkpoint.exists():
        checkpoint = checkpoint.with_name("last.ckpt")
    if not checkpoint.exists():
        raise InputError(
            f"no checkpoint was written to {checkpoint.parent}: train for at least one epoch"
        )
    content = read_checkpoint(checkpoint)
    model.load_state_dict(content["state_dict"])
    device = trainer.strategy.root_device
    splits = {"train": data.train_images, "val": data.val_images}
    memory = environment.peak_memory_mb(device)
    result: dict[str, Any] = {
        "experiment": run.parent.name,
        "run": run.name,
        "model": type(model).__name__,
        "data": type(data).__name__,
        "validated_on": data.validate_on,
        "epochs": trainer.current_epoch,
        "parameters": count_parameters(model),
        "flops_per_image": flops_per_image(model, data.image_shape, data.num_inputs),
        "train_petaflops": round(
            training_petaflops(
                model, data, trainer.current_epoch, trainer.max_epochs, clock.images
            ),
            9,
        ),
        "train_seconds": round(clock.seconds, 2),
        "images_per_second": round(clock.images / clock.seconds, 1) if clock.seconds else None,
        "peak_memory_mb": round(memory),
        "device": environment.device_name(device),
        "precision": str(trainer.precision),
        "threads": torch.get_num_threads(),
        "versions": environment.versions(),
        "checkpoint": str(checkpoint.relative_to(run)),
        "weights": f"{checkpoint.stem}, epoch {content['epoch'] + 1}",
    }
    validation = None
    for split, images in splits.items():
        if len(images):
            logits, labels = predict_logits(model, data, images, trainer)
            result[split] = score(logits, labels, data.classes)
            if split == "val":
                write_answers(run, split, answers_of(logits, labels, images.rows))
                validation = Validation(logits, labels, content["epoch"] + 1)
    return result, validation


def last_scores(
    model: Classifier, data: ImageDataModule, logits: Tensor | None = None
) -> dict[str, Any]:
    """Return the scores of the model's last validation or test pass, or of other logits of it."""
    plain, labels = model.outputs()
    return score((plain if logits is None else logits).cpu(), labels.cpu(), data.classes)


def summary(result: dict[str, Any], splits: tuple[str, ...]) -> str:
    """Return one line a split, for the end of a run."""
    lines = []
    for split in splits:
        if split in result:
            scores = result[split]
            low, high = scores["accuracy_interval"]
            lines.append(
                f"{split:9}  accuracy {scores['accuracy']:.2%} (95 %: {low:.2%} to {high:.2%})  "
                f"top-5 {scores['top5_accuracy']:.2%}  loss {scores['loss']:.4f}  "
                f"{scores['images']:,} images"
            )
    return "\n".join(lines)


def shift_summary(accuracies: dict[str, list[float]]) -> str:
    """Return one line a shift of the test pictures, from its weakest strength to its strongest."""
    return "\n".join(
        f"{name:10} accuracy {mean(reached):.2%} in the mean, from weak to strong "
        f"{' '.join(f'{accuracy:.2%}' for accuracy in reached)}"
        for name, reached in accuracies.items()
    )


def hyperparameters(config: dict[str, Any]) -> dict[str, str | bool | int | float]:
    """Return what a run chose, by short names: classes without their modules, nothing unset."""
    chosen: dict[str, str | bool | int | float] = {
        "seed": config["seed_everything"],
        "epochs": config["trainer"]["max_epochs"] or "",
        "started_from": config.get("started_from") or "",
    }
    for part in ("data", "model"):
        arguments = {k: v for k, v in config[part]["init_args"].items() if k != "root"}
        chosen[part] = _short(config[part])
        for name, value in arguments.items():
            chosen[name] = _short(value)
            if isinstance(value, dict):
                inner = value.get("init_args", {}).items()
                chosen |= {f"{name}.{key}": _short(argument) for key, argument in inner}
    return {name: value for name, value in chosen.items() if value != "" and value is not False}


def _short(value: Any) -> str | bool | int | float:
    if isinstance(value, dict):
        return str(value.get("class_path", "")).rpartition(".")[2]
    if isinstance(value, list):
        return ", ".join(str(_short(item)) for item in value)
    return value if isinstance(value, str | bool | int | float) else ""
