"""Text alternatives of the charts, for readers who cannot see them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from imgcls.plots.calibration import CalibrationBin
from imgcls.plots.confused_pairs import most_confused
from imgcls.plots.curves import SPLITS
from imgcls.report.feature_map import FeatureMap


def curve_words(
    rows: Sequence[Mapping[str, float]],
    name: str,
    written: str,
    validated_on: str,
    best_epoch: int | None,
) -> str:
    """Return a sentence with the first and last values of the curves.

    Args:
        rows: One per epoch, as in ``metrics.csv``.
        name: ``loss`` or ``acc``.
        written: Format of a value, such as ``{:.3f} nats``.
        validated_on: ``val`` or ``test``.
        best_epoch: The best epoch, counted from 1; None if no epoch was chosen.
    """
    parts = []
    for split, label in (("train", SPLITS["train"]), ("val", SPLITS[validated_on])):
        values = [row[f"{split}/{name}"] for row in rows if f"{split}/{name}" in row]
        if values:
            parts.append(
                f"{label} from {written.format(values[0])} to {written.format(values[-1])}"
            )
    what = {"loss": "Loss", "acc": "Accuracy"}[name]
    best = f"; the best epoch, {best_epoch}, is marked" if best_epoch else ""
    return f"{what} over {len(rows)} epochs: {', '.join(parts)}{best}."


def confusion_words(counts: NDArray[np.int64], classes: Sequence[str]) -> str:
    """Return a sentence with the number of correct images and the most frequent confusion."""
    text = f"Confusion matrix of {len(classes)} classes: {counts.trace():,} of {counts.sum():,} "
    text += "images are on its diagonal"
    for row, column in most_confused(counts, 1):
        text += f"; most often {classes[row]} is predicted as {classes[column]}, in "
        text += f"{counts[row, column]} of {counts[row].sum()} images"
    return f"{text}."


def reliability_words(bins: Sequence[CalibrationBin], error: float) -> str:
    """Return a sentence on confidence and accuracy of the most confident predictions.

    Args:
        bins: Bins of a reliability diagram, highest confidence last.
        error: The expected calibration error, a fraction.
    """
    last = bins[-1]
    return (
        f"Reliability diagram: {last.images:,} predictions have a confidence of {last.low:.0%} or "
        f"more, {last.confidence:.1%} on average, and {last.accuracy:.1%} of them are correct; "
        f"expected calibration error {100 * error:.1f} points."
    )


def feature_words(found: FeatureMap) -> str:
    """Return a sentence with the number of points and the measures of the embedding."""
    correct = np.mean(found.predictions.classes[:, 0] == found.predictions.labels)
    return (
        f"t-SNE of {len(found.points):,} validation images, {correct:.1%} predicted correctly; "
        f"purity {found.measures['purity']:.2f}, "
        f"trustworthiness {found.measures['trustworthiness']:.3f}."
    )
