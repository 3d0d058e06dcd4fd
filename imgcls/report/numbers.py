"""What the page tells of a split, counted from a net's answers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcls.plots import confusion_counts
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


class Bin(NamedTuple):
    """Pictures answered with a confidence in ``(low, high]``."""

    low: float
    high: float
    pictures: int
    confidence: float
    accuracy: float


def confusion(answers: Predictions, num_classes: int) -> NDArray[np.int64]:
    """Return counts ``(K, K)``: rows are true classes, columns what they were taken for."""
    return confusion_counts(answers.labels, answers.classes[:, 0], num_classes)


def class_rows(counts: NDArray[np.int64], classes: Sequence[str]) -> list[ClassRow]:
    """Return a row a class, in their order."""
    rows = []
    for place, name in enumerate(classes):
        hits, pictures, taken = counts[place, place], counts[place].sum(), counts[:, place].sum()
        wrong = counts[place].copy()
        wrong[place] = 0
        worst = int(wrong.argmax())
        rows.append(
            ClassRow(
                name,
                int(pictures),
                hits / pictures if pictures else None,
                hits / taken if taken else None,
                f"{classes[worst]} ({wrong[worst]})" if wrong[worst] else "",
            )
        )
    return rows


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


def confidence_bins(answers: Predictions, bins: int = 15) -> list[Bin]:
    """Return the bins of a reliability diagram that hold any picture.

    Guo et al., "On calibration of modern neural networks", 2017.
    """
    confidence = answers.probabilities[:, 0].astype(np.float64)
    right = answers.classes[:, 0] == answers.labels
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.searchsorted(edges, confidence) - 1, 0, bins - 1)
    return [
        Bin(
            edges[place],
            edges[place + 1],
            int(inside.sum()),
            confidence[inside].mean(),
            right[inside].mean(),
        )
        for place in range(bins)
        if (inside := places == place).any()
    ]
