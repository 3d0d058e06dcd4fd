"""Pictures without labels, answered: a table, a grid, and where each answer was found."""

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
from imgcls.data.unlabelled_images import loose_pictures
from imgcls.evaluation.inference import logits_of
from imgcls.evaluation.most_probable import most_probable
from imgcls.files import write_whole
from imgcls.models import Classifier
from imgcls.runs.saved_predictions import TOP

IN_GRID, EXPLAINED = 100, 40  # pictures at most


class Answer(NamedTuple):
    """A picture's name, and its most probable classes with their probabilities, best first."""

    picture: str
    classes: list[tuple[str, float]]


def predict(
    asked: PredictRequest, model: Classifier, data: ImageDataModule, trainer: Trainer
) -> None:
    """Write the answers to pictures, or print them as CSV, and draw what is asked for.

    Args:
        asked: What to classify and where the answers go.
        model: Has the weights.
        data: As in training: its picture shape, its resizing, its classes.
        trainer: At whose precision and device it is computed.

    Raises:
        InputError: No picture can be read, or Grad-CAM has nowhere to look.
    """
    images, broken = loose_pictures(asked.images, data.image_shape, data.resize)
    model.to(trainer.strategy.root_device)  # here: what inference mode moves has no gradients
    probabilities = logits_of(model, data, images, trainer).softmax(1)
    figures: dict[Path, Figure] = {}
    if asked.grid:
        figures[asked.grid] = grid(images, probabilities, data.classes)
    if asked.grad_cam:
        batch = images.batch(range(min(EXPLAINED, len(images))))
        title = f"answers to {_of_how_many(len(batch.inputs), len(images))}"
        shown = probabilities[: len(batch.inputs)]
        figures[asked.grad_cam] = heat_figure(model, data, batch, title, shown)
    for line in broken:
        print(f"imgcls: left out {line}", file=sys.stderr)
    answers = top_answers(images.names or [], probabilities, data.classes)
    if asked.output is None:
        print(as_csv(answers), end="")
    else:
        text = as_json(answers) if asked.output.suffix.lower() == ".json" else as_csv(answers)
        write_whole(asked.output, text)
    for path, figure in figures.items():
        figure.savefig(path, dpi=150)
    for written in (asked.output, *figures):
        if written:
            print(f"wrote {written}", file=sys.stderr)


def top_answers(
    names: Sequence[str], probabilities: Tensor, classes: Sequence[str]
) -> list[Answer]:
    """Return for each of N pictures its five most probable classes, or all of fewer.

    Args:
        names: Of the N pictures.
        probabilities: ``(N, K)``.
        classes: The K class names.
    """
    order = most_probable(probabilities, TOP)
    best = probabilities.gather(1, order)
    return [
        Answer(name, [(classes[place], share) for place, share in zip(places, shares, strict=True)])
        for name, places, shares in zip(names, order.tolist(), best.tolist(), strict=True)
    ]


def as_csv(answers: Sequence[Answer]) -> str:
    """Return CSV: a row a picture, with ``class_1``, ``probability_1``, ``class_2`` and so on."""
    ranks = range(1, len(answers[0].classes) + 1)
    columns = [f"{what}_{rank}" for rank in ranks for what in ("class", "probability")]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["picture", *columns])
    for name, pairs in answers:
        table.writerow([name, *(cell for label, p in pairs for cell in (label, f"{p:.4f}"))])
    return text.getvalue()


def as_json(answers: Sequence[Answer]) -> str:
    """Return JSON: a list with ``picture`` and ``answers``, each ``class`` and ``probability``."""
    content = [
        {
            "picture": name,
            "answers": [{"class": label, "probability": round(p, 4)} for label, p in pairs],
        }
        for name, pairs in answers
    ]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def grid(images: Images, probabilities: Tensor, classes: Sequence[str]) -> Figure:
    """Return the first pictures with their answers."""
    shown = images.pixels[:IN_GRID]
    title = f"answers to {_of_how_many(len(shown), len(images))}"
    return plots.predictions(shown, None, probabilities[:IN_GRID], classes, title)


def _of_how_many(shown: int, count: int) -> str:
    pictures = f"{count:,} picture{'s' * (count > 1)}"
    return f"the first {shown} of {pictures}" if shown < count else pictures
