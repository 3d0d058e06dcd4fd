"""Numbers of the page, computed from predictions for a split."""

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
    """Scores of one class, as fractions.

    Attributes:
        name: Name of the class.
        images: Number of its images.
        recall: Fraction of its images that were predicted as it; None without images.
        precision: Fraction of correct ones among predictions of the class; None without any.
        confused_with: The most frequent wrong prediction for its images, and how often.
    """

    name: str
    images: int
    recall: float | None
    precision: float | None
    confused_with: str


class Pair(NamedTuple):
    """A class predicted as another: in how many images, and the fraction of its images."""

    true: str
    predicted: str
    images: int
    fraction: float


def confusion(predictions: Predictions, num_classes: int) -> NDArray[np.int64]:
    """Return counts ``(K, K)``: rows are true classes, columns predicted classes."""
    return confusion_counts(predictions.labels, predictions.classes[:, 0], num_classes)


def class_rows(predictions: Predictions, classes: Sequence[str]) -> list[ClassRow]:
    """Return one row per class, in their order."""
    counts = confusion(predictions, len(classes))
    scores = class_scores(predictions.labels, predictions.classes[:, 0], len(classes))
    np.fill_diagonal(counts, 0)  # only mistakes remain
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
    """Return the pairs of classes with the most confusions, the most frequent first."""
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
    """Return the bins of a reliability diagram."""
    correct = predictions.classes[:, 0] == predictions.labels
    confidence = predictions.probabilities[:, 0].astype(np.float64)
    return calibration_bins(np.minimum(confidence, BELOW_ONE), correct)
