"""How good a set of predictions is."""

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_calibration_error,
)

from imgcls.evaluation.most_probable import most_probable


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share, in [0, 1].

    Wilson, "Probable inference, the law of succession, and statistical inference", 1927: it stays
    inside [0, 1] and is sound near both ends, unlike the normal approximation.
    """
    z = 1.959964
    share = hits / count
    centre = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


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
    guesses, in_top = top[:, 0], top.eq(labels[:, None]).any(1)
    hits = int((guesses == labels).sum())
    by_class = multiclass_accuracy(
        guesses, labels, num_classes=num_classes, average="none"
    ).tolist()
    occurring = labels.bincount(minlength=num_classes).gt(0).tolist()
    present = [accuracy for accuracy, there in zip(by_class, occurring, strict=True) if there]
    return {
        "loss": functional.cross_entropy(logits, labels).item(),
        "accuracy": hits / count,
        "accuracy_interval": list(wilson_interval(hits, count)),
        "top5_accuracy": in_top.float().mean().item(),
        "mean_class_accuracy": sum(present) / len(present),
        "expected_calibration_error": multiclass_calibration_error(
            logits.softmax(1), labels, num_classes=num_classes, n_bins=15
        ).item(),
        "images": count,
        "class_accuracy": {
            name: accuracy if there else None
            for name, accuracy, there in zip(classes, by_class, occurring, strict=True)
        },
    }
