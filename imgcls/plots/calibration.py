"""Accuracy against confidence of predictions, in bins of confidence."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

BELOW_ONE = np.nextafter(1.0, 0.0)  # a confidence of 1 is drawn in the last bin


class CalibrationBin(NamedTuple):
    """Predictions with a confidence in ``[low, high)``; all numbers but ``images`` are fractions.

    Attributes:
        low: Lower edge.
        high: Upper edge.
        images: Number of images in the bin, at least one.
        confidence: Their mean confidence.
        accuracy: Fraction of them that is predicted correctly.
    """

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float


def calibration_bins(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 15
) -> list[CalibrationBin]:
    """Return the bins of equal width that hold a prediction, lowest confidence first.

    Guo et al., "On calibration of modern neural networks", 2017. A confidence of exactly 1 has a
    bin of its own, as in torchmetrics.

    Args:
        confidence: The highest probability of each image, ``(N,)``.
        correct: Whether the prediction is correct, ``(N,)``.
        bins: Number of bins in [0, 1).
    """
    sure, hits = np.asarray(confidence, np.float64), np.asarray(correct, bool)
    edges = np.linspace(0, 1, bins + 1)
    positions = np.digitize(sure, edges) - 1
    return [
        CalibrationBin(
            edges[position],
            edges[min(position + 1, bins)],
            int(inside.sum()),
            sure[inside].mean(),
            hits[inside].mean(),
        )
        for position in np.unique(positions)
        for inside in [positions == position]
    ]


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Return the expected calibration error: the mean gap, each bin weighed by its images."""
    total = sum(each.images for each in bins)
    return sum(each.images * abs(each.confidence - each.accuracy) for each in bins) / total
