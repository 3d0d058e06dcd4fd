"""Predictions for images without labels: a table, a grid, and where each was found."""

import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lightning import Trainer
from matplotlib.figure import Figure
from torch import Tensor

from imgcls import plots
from imgcls.callbacks.run_figures import heat_figure
from imgcls.cli.predict_arguments import PredictRequest
from imgcls.data import ImageDataModule
from imgcls.data.images import Images
from imgcls.data.unlabelled_images import unlabelled_images_of
from imgcls.evaluation.inference import logits_of
from imgcls.evaluation.most_probable import most_probable
from imgcls.files import write_whole
from imgcls.models import Classifier
from imgcls.runs.saved_predictions import TOP

IN_GRID, EXPLAINED = 100, 40  # images at most


class Prediction(NamedTuple):
    """An image's name, and its most probable classes with their probabilities, best first."""

    image: str
    classes: list[tuple[str, float]]


def predict(
    asked: PredictRequest, model: Classifier, data: ImageDataModule, trainer: Trainer
) -> None:
    """Write the predictions for images, or print them as CSV, and draw what is asked for.

    Args:
        asked: What to classify and where the predictions go.
        model: Has the weights.
        data: As in training: its image shape, its resizing, its classes.
        trainer: At whose precision and device it is computed.

    Raises:
        InputError: No image can be read, or Grad-CAM has no layer to explain.
    """
    images, broken = unlabelled_images_of(asked.images, data.image_shape, data.resize)
    model.to(trainer.strategy.root_device)  # here: what inference mode moves has no gradients
    probabilities = logits_of(model, data, images, trainer).softmax(1)
    figures: dict[Path, Figure] = {}
    if asked.grid:
        figures[asked.grid] = grid(images, probabilities, data.classes)
    if asked.grad_cam:
        batch = images.batch(range(min(EXPLAINED, len(images))))
        title = f"predictions for {_of_how_many(len(batch.inputs), len(images))}"
        shown = probabilities[: len(batch.inputs)]
        figures[asked.grad_cam] = heat_figure(model, data, batch, title, shown)
    for line in broken:
        print(f"imgcls: left out {line}", file=sys.stderr)
    predictions = top_predictions(images.names or [], probabilities, data.classes)
    if asked.output is None:
        print(as_csv(predictions), end="")
    else:
        write = as_json if asked.output.suffix.lower() == ".json" else as_csv
        write_whole(asked.output, write(predictions))
    for path, figure in figures.items():
        figure.savefig(path, dpi=150)
    for written in (asked.output, *figures):
        if written:
            print(f"wrote {written}", file=sys.stderr)


def top_predictions(
    names: Sequence[str], probabilities: Tensor, classes: Sequence[str]
) -> list[Prediction]:
    """Return for each of N images its five most probable classes, or all of fewer.

    Args:
        names: Of the N images.
        probabilities: ``(N, K)``.
        classes: The K class names.
    """
    order = most_probable(probabilities, TOP)
    best = probabilities.gather(1, order)
    return [
        Prediction(name, [(classes[label], p) for label, p in zip(labels, found, strict=True)])
        for name, labels, found in zip(names, order.tolist(), best.tolist(), strict=True)
    ]


def as_csv(predictions: Sequence[Prediction]) -> str:
    """Return CSV: one row per image, with ``class_1``, ``probability_1``, ``class_2`` and so on."""
    ranks = range(1, len(predictions[0].classes) + 1)
    columns = [f"{what}_{rank}" for rank in ranks for what in ("class", "probability")]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["picture", *columns])
    for name, pairs in predictions:
        table.writerow([name, *(cell for label, p in pairs for cell in (label, f"{p:.4f}"))])
    return text.getvalue()


def as_json(predictions: Sequence[Prediction]) -> str:
    """Return JSON: a list of images, each with its classes and their probabilities."""
    content = [
        {
            "picture": name,
            "answers": [{"class": label, "probability": round(p, 4)} for label, p in pairs],
        }
        for name, pairs in predictions
    ]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def grid(images: Images, probabilities: Tensor, classes: Sequence[str]) -> Figure:
    """Return the first images with their predictions."""
    shown = images.pixels[:IN_GRID]
    title = f"predictions for {_of_how_many(len(shown), len(images))}"
    return plots.predictions(shown, None, probabilities[:IN_GRID], classes, title)


def _of_how_many(shown: int, count: int) -> str:
    images = f"{count:,} image{'s' * (count > 1)}"
    return f"the first {shown} of {images}" if shown < count else images
