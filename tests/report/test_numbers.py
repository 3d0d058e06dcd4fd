import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, precision_score, recall_score
from torchmetrics.functional.classification import multiclass_calibration_error

from imgcls.plots.calibration import calibration_error
from imgcls.report import numbers
from imgcls.runs.saved_predictions import Predictions, predictions_of

CLASSES = ["cat", "dog", "owl", "yak"]


def made(count: int = 300) -> tuple[torch.Tensor, torch.Tensor, Predictions]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 3, (count,), generator=generator)  # no yak
    logits = torch.randn(count, 4, generator=generator)
    logits[torch.arange(count), labels] += 1
    return logits, labels, predictions_of(logits, labels, torch.arange(count))


def test_the_confusion_is_scikit_learns() -> None:
    logits, labels, predictions = made()
    expected = confusion_matrix(labels, logits.argmax(1), labels=range(4))
    assert np.array_equal(numbers.confusion(predictions, 4), expected)


def test_rows_have_recall_precision_and_the_worst_mistake() -> None:
    logits, labels, predictions = made()
    counts = numbers.confusion(predictions, 4)
    rows = numbers.class_rows(predictions, CLASSES)
    predicted = logits.argmax(1)
    recalls = recall_score(labels, predicted, labels=range(3), average=None)
    precisions = precision_score(labels, predicted, labels=range(4), average=None)
    assert [row.recall for row in rows[:3]] == pytest.approx(list(recalls))
    assert [row.precision for row in rows] == pytest.approx(list(precisions))
    assert (rows[3].images, rows[3].recall, rows[3].confused_with) == (0, None, "")
    wrong = max((count, name) for count, name in zip(counts[0][1:], CLASSES[1:], strict=True))
    assert rows[0].confused_with == f"{wrong[1]} ({wrong[0]})"


def test_the_most_confused_come_first_and_hits_do_not_count() -> None:
    counts = np.array([[90, 3, 0], [7, 80, 0], [0, 1, 50]])
    pairs = numbers.confused(counts, ["cat", "dog", "owl"], most=2)
    assert [pair[:3] for pair in pairs] == [("dog", "cat", 7), ("cat", "dog", 3)]
    assert pairs[0].fraction == pytest.approx(7 / 87)
    assert len(numbers.confused(counts, ["cat", "dog", "owl"])) == 3


def test_the_bins_make_torchmetrics_calibration_error() -> None:
    logits, labels, predictions = made()
    bins = numbers.confidence_bins(predictions)
    assert sum(each.images for each in bins) == len(labels)
    error = calibration_error(bins)
    expected = multiclass_calibration_error(logits.softmax(1), labels, num_classes=4, n_bins=15)
    assert error == pytest.approx(expected.item(), abs=1e-6)
