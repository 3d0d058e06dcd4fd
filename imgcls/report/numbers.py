"""What the page tells of a split, counted from a net's answers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcls.evaluation.metrics import class_scores
from imgcls.plots import confusion_counts
from imgcls.plots.calibration import BELOW_ONE, CalibrationBin, calibration_bins
from imgcls.plots.confused_pairs import most_confused
from imgcls.runs.saved_predictions import Predictions


class ClassRow(NamedTuple):
    """How a net does on one class; shares are fractions.

    Attributes:
        name: Of the class.
        pictures: How many there are.
        recall: Share of these that were recognised; None without pictures.
        precision: Share of right ones among what was taken for the class; None if nothing was.
        taken_for: The class that it was most often taken for by mistake, and how often.
    """

    name: str
    pictures: int
    recall: float | None
    precision: float | None
    taken_for: str


class Pair(NamedTuple):
    """A class that was taken for another, in how many pictures, and their share of its pictures."""

    true: str
    predicted: str
    pictures: int
    share: float


def confusion(answers: Predictions, num_classes: int) -> NDArray[np.int64]:
    """Return counts ``(K, K)``: rows are true classes, columns what they were taken for."""
    return confusion_counts(answers.labels, answers.classes[:, 0], num_classes)


def class_rows(predictions: Predictions, classes: Sequence[str]) -> list[ClassRow]:
    """Return a row a class, in their order."""
    counts = confusion(predictions, len(classes))
    scores = class_scores(predictions.labels, predictions.classes[:, 0], len(classes))
    np.fill_diagonal(counts, 0)  # what is left are mistakes
    worst = counts.argmax(1)
    return [
        ClassRow(
            name,
            score.images,
            score.recall,
            score.precision,
            f"{classes[other]} ({mistakes[other]})" if mistakes[other] else "",
        )
        for name, score, mistakes, other in zip(classes, scores, counts, worst, strict=True)
    ]


def confused(counts: NDArray[np.int64], classes: Sequence[str], most: int = 15) -> list[Pair]:
    """Return the pairs of classes with the most mistakes, the most frequent first."""
    return [
        Pair(
            classes[row],
            classes[column],
            int(counts[row, column]),
            counts[row, column] / counts[row].sum(),
        )
        for row, column in most_confused(counts, most)
    ]


def confidence_bins(predictions: Predictions) -> list[CalibrationBin]:
    """Return the bins of a calibration plot."""
    correct = predictions.classes[:, 0] == predictions.labels
    confidence = predictions.probabilities[:, 0].astype(np.float64)
    return calibration_bins(np.minimum(confidence, BELOW_ONE), correct)
