"""Scores of predictions."""

from collections.abc import Sequence
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support
from torch import Tensor
from torch.nn import functional
from torchmetrics.functional.classification import multiclass_calibration_error

from imgcls.evaluation.most_probable import most_probable


class ClassScore(NamedTuple):
    """Scores of a class; recall is None without images, precision without predictions of it."""

    images: int
    recall: float | None
    precision: float | None


def class_scores(labels: ArrayLike, predicted: ArrayLike, num_classes: int) -> list[ClassScore]:
    """Return the scores of each of K classes.

    Args:
        labels: ``(N,)``.
        predicted: The most probable classes, ``(N,)``.
        num_classes: K.
    """
    precision, recall, _, images = precision_recall_fscore_support(
        np.asarray(labels), np.asarray(predicted), labels=range(num_classes), zero_division=np.nan
    )
    return [
        ClassScore(int(count), _known(found), _known(right))
        for count, found, right in zip(images, recall, precision, strict=True)
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a fraction, in [0, 1].

    Wilson, "Probable inference, the law of succession, and statistical inference", 1927: it stays
    inside [0, 1] and is accurate near both ends, unlike the normal approximation.
    """
    low, high = binomtest(hits, count).proportion_ci(0.95, "wilson")
    return float(low), float(high)


def score(logits: Tensor, labels: Tensor, classes: Sequence[str]) -> dict[str, Any]:
    """Return the scores of predictions, sample-weighted, accuracies as fractions.

    Args:
        logits: ``(N, K)`` float, before softmax.
        labels: ``(N,)`` int64.
        classes: The K class names.

    Returns:
        ``loss`` (cross-entropy in nats, without smoothing), ``accuracy`` and its Wilson 95 %
        ``accuracy_interval``, ``top5_accuracy`` (top K when K is below 5), ``mean_class_accuracy``
        (over the classes that occur), ``expected_calibration_error`` (15 bins; Guo et al., "On
        calibration of modern neural networks", 2017), ``images``, and ``class_accuracy`` by name
        (None for a class that does not occur).
    """
    count, num_classes = logits.shape
    top = most_probable(logits, 5)
    predicted, in_top = top[:, 0], top.eq(labels[:, None]).any(1)
    hits = int((predicted == labels).sum())
    recalls = [each.recall for each in class_scores(labels, predicted, num_classes)]
    return {
        "loss": functional.cross_entropy(logits, labels).item(),
        "accuracy": hits / count,
        "accuracy_interval": list(wilson_interval(hits, count)),
        "top5_accuracy": in_top.float().mean().item(),
        "mean_class_accuracy": mean(each for each in recalls if each is not None),
        "expected_calibration_error": multiclass_calibration_error(
            logits.softmax(1), labels, num_classes=num_classes, n_bins=15
        ).item(),
        "images": count,
        "class_accuracy": dict(zip(classes, recalls, strict=True)),
    }
