import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, recall_score, top_k_accuracy_score
from torch import Tensor

from imgcls.evaluation.metrics import class_scores, score, wilson_interval


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_as_published(hits: int, count: int, low: float, high: float) -> None:
    """Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I."""
    assert wilson_interval(hits, count) == pytest.approx((low, high), abs=5e-5)


def random_predictions(count: int, num_classes: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(num_classes)
    labels = torch.randint(num_classes, (count,), generator=generator)
    logits = torch.randn(count, num_classes, generator=generator)
    return logits + 1.5 * torch.nn.functional.one_hot(labels, num_classes), labels


def names(num_classes: int) -> list[str]:
    return [f"class {number}" for number in range(num_classes)]


@pytest.mark.parametrize("num_classes", [7, 100])
def test_scores_are_those_of_scikit_learn(num_classes: int) -> None:
    logits, labels = random_predictions(1001, num_classes)
    scores = score(logits, labels, names(num_classes))
    shares, guesses = logits.double().softmax(1).numpy(), logits.argmax(1)
    every = range(num_classes)
    assert scores["accuracy"] == pytest.approx(accuracy_score(labels, guesses))
    assert scores["loss"] == pytest.approx(log_loss(labels, shares, labels=every), rel=1e-5)
    top5 = top_k_accuracy_score(labels, shares, k=5, labels=every)
    assert scores["top5_accuracy"] == pytest.approx(top5)
    recall = recall_score(labels, guesses, average=None, labels=every)
    assert list(scores["class_accuracy"].values()) == pytest.approx(list(recall))
    assert scores["mean_class_accuracy"] == pytest.approx(recall.mean())
    assert scores["images"] == 1001
    assert scores["accuracy_interval"] == list(
        wilson_interval(int((guesses == labels).sum()), 1001)
    )


def test_scores_of_a_class_by_hand() -> None:
    assert class_scores([0, 0, 1, 2], [0, 1, 1, 1], 4) == [
        (2, 0.5, 1.0),
        (1, 1.0, pytest.approx(1 / 3)),
        (1, 0.0, None),  # never predicted
        (0, None, None),
    ]


def test_calibration_error_is_the_formula() -> None:
    logits, labels = random_predictions(2000, 5)
    shares = logits.softmax(1)
    sure, hit = shares.max(1).values.numpy(), (shares.argmax(1) == labels).numpy()
    bins = np.minimum((sure * 15).astype(int), 14)
    expected = sum(
        (bins == each).mean() * abs(hit[bins == each].mean() - sure[bins == each].mean())
        for each in np.unique(bins)
    )
    error = score(logits, labels, names(5))["expected_calibration_error"]
    assert error == pytest.approx(expected, abs=1e-6)


def test_a_class_that_does_not_occur_counts_in_no_mean() -> None:
    logits = torch.eye(6)[[0, 0, 1, 5]]
    scores = score(logits, torch.tensor([0, 0, 1, 1]), names(6))
    assert scores["class_accuracy"] == {
        "class 0": 1.0, "class 1": 0.5, "class 2": None, "class 3": None, "class 4": None,
        "class 5": None,
    }  # fmt: skip
    assert scores["mean_class_accuracy"] == 0.75


def test_top_five_of_three_classes_is_everything() -> None:
    logits, labels = random_predictions(50, 3)
    assert score(logits, labels, names(3))["top5_accuracy"] == 1
