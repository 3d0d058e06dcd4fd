"""What each chart of the page shows, in words, for those who do not see it."""

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
    """Return where the curves of a value begin and end.

    Args:
        rows: One an epoch, as in ``metrics.csv``.
        name: ``loss`` or ``acc``.
        written: How a value is written, such as ``{:.3f} nats``.
        validated_on: ``val`` or ``test``.
        best_epoch: Counted from 1; None if none was chosen.
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
    """Return how many pictures lie on the diagonal, and the largest mistake."""
    text = f"Confusion matrix of {len(classes)} classes: {counts.trace():,} of {counts.sum():,} "
    text += "pictures lie on its diagonal"
    for row, column in most_confused(counts, 1):
        text += f"; most often {classes[row]} is taken for {classes[column]}, in "
        text += f"{counts[row, column]} of {counts[row].sum()} pictures"
    return f"{text}."


def reliability_words(bins: Sequence[CalibrationBin], error: float) -> str:
    """Return how sure and how right the surest answers are.

    Args:
        bins: Of a reliability diagram, the surest last.
        error: The expected calibration error, a fraction.
    """
    surest = bins[-1]
    return (
        f"Reliability diagram: {surest.images:,} answers are {surest.low:.0%} sure or more, "
        f"{surest.confidence:.1%} on average, and {surest.accuracy:.1%} of them are right; "
        f"expected calibration error {100 * error:.1f} points."
    )


def feature_words(found: FeatureMap) -> str:
    """Return how many points there are and how well classes lie together."""
    right = np.mean(found.answers.classes[:, 0] == found.answers.labels)
    return (
        f"t-SNE of {len(found.points):,} validation pictures, {right:.1%} of them answered right; "
        f"purity {found.measures['purity']:.2f}, "
        f"trustworthiness {found.measures['trustworthiness']:.3f}."
    )
