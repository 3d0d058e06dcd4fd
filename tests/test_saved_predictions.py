from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Command
from torch.nn import functional

from imgcls.data import Digits
from imgcls.errors import InputError
from imgcls.evaluation.metrics import score
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import (
    Predictions,
    half_in_order,
    predictions_of,
    write_predictions,
)


def test_predictions_are_the_most_probable_classes(tmp_path: Path) -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, -1.0]])
    labels = torch.tensor([2, 0])
    predictions = predictions_of(logits, labels, torch.tensor([7, 3]))
    assert predictions.classes.tolist() == [[1, 2, 0], [0, 1, 2]]
    np.testing.assert_allclose(predictions.probabilities.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(predictions.probabilities[0, 0], 0.6652, atol=1e-4)
    expected = functional.cross_entropy(logits, labels, reduction="none").numpy()
    np.testing.assert_allclose(predictions.losses, expected, rtol=1e-6)
    write_predictions(Run(tmp_path).predictions_file("test"), predictions)
    again = Run(tmp_path).predictions("test")
    assert isinstance(again, Predictions)
    for field in Predictions._fields:
        saved, given = getattr(again, field), getattr(predictions, field)
        assert saved.dtype == given.dtype
        assert np.array_equal(saved, given)
    with pytest.raises(InputError, match=r"has no answers_val\.npz"):
        Run(tmp_path).predictions("val")
    assert [path.name for path in tmp_path.iterdir()] == ["answers_test.npz"]


def tied() -> tuple[torch.Tensor, torch.Tensor]:
    """Return bfloat16 logits of 60 classes, of which the highest are often equal, and labels."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(500, 60, generator=generator).mul(2).round().bfloat16()
    return logits, torch.randint(0, 60, (500,), generator=generator)


def earliest_first(logits: torch.Tensor) -> np.ndarray:
    """Return all classes, the highest logit first and of equal ones the earliest."""
    rows = logits.double().tolist()
    return np.array([sorted(range(len(row)), key=lambda i: (-row[i], i)) for row in rows])


def test_of_equal_classes_the_earliest_wins_in_predictions_and_scores() -> None:
    logits, labels = tied()
    predictions = predictions_of(logits, labels, torch.arange(500))
    expected = earliest_first(logits)
    assert np.array_equal(predictions.classes, expected[:, :5])
    scores = score(logits.float(), labels, [str(number) for number in range(60)])
    right = predictions.classes == predictions.labels[:, None]
    assert right[:, 0].mean() == scores["accuracy"]
    assert right.any(1).mean() == pytest.approx(scores["top5_accuracy"])
    assert np.array_equal(predictions.spread(60).argmax(1), expected[:, 0])
    flat = predictions_of(torch.zeros(4, 60), torch.tensor([0, 1, 5, 59]), torch.arange(4))
    assert flat.spread(60).argmax(1).tolist() == [0, 0, 0, 0]


def test_predictions_that_were_saved_in_another_order_are_read_in_this_one(tmp_path: Path) -> None:
    logits, labels = tied()
    predictions = predictions_of(logits, labels, torch.arange(500))
    backwards = np.lexsort((-predictions.classes, -predictions.probabilities))
    mixed = predictions._replace(classes=np.take_along_axis(predictions.classes, backwards, 1))
    assert not np.array_equal(mixed.classes, predictions.classes)
    write_predictions(Run(tmp_path).predictions_file("val"), mixed)
    again = Run(tmp_path).predictions("val")
    assert np.array_equal(again.classes, predictions.classes)
    assert np.array_equal(again.probabilities, predictions.probabilities)


def test_a_run_saves_its_predictions_for_validation_and_test(
    trained: Path, command: Command
) -> None:
    assert not Run(trained).predictions_file("test").exists()
    command("test", "--ckpt_path", trained)
    result = Run(trained).result
    data = Digits()
    for split, images in (("val", data.val_images), ("test", data.test_images)):
        predictions = Run(trained).predictions(split)
        assert np.array_equal(predictions.rows, images.rows)
        assert np.array_equal(predictions.labels, images.labels)
        right = predictions.classes[:, 0] == predictions.labels
        assert right.mean() == result[split]["accuracy"]
        np.testing.assert_allclose(predictions.losses.mean(), result[split]["loss"], rtol=1e-5)


def test_other_weights_leave_the_predictions_of_the_chosen_ones(
    trained: Path, command: Command
) -> None:
    command("test", "--ckpt_path", trained / "checkpoints" / "last.ckpt")
    assert not Run(trained).predictions_file("test").exists()


@pytest.mark.parametrize("num_classes", [3, 5, 12])
def test_probabilities_of_all_classes_keep_what_is_exact(num_classes: int) -> None:
    generator = torch.Generator().manual_seed(1)
    logits = 3 * torch.randn(200, num_classes, generator=generator)
    labels = torch.randint(0, num_classes, (200,), generator=generator)
    predictions = predictions_of(logits, labels, torch.arange(200))
    expected = logits.double().softmax(1)
    assert predictions.spread(num_classes) == pytest.approx(expected.numpy(), rel=0.01)
    spread = predictions._replace(logits=None).spread(num_classes)  # as older runs have them
    assert spread.sum(1) == pytest.approx(np.ones(200))
    assert np.array_equal(spread.argmax(1), logits.argmax(1))
    known = torch.zeros_like(logits, dtype=torch.bool)
    known.scatter_(1, logits.topk(min(5, num_classes)).indices, True)
    known.scatter_(1, labels[:, None], True)
    assert spread[known.numpy()] == pytest.approx(expected[known].numpy(), rel=1e-4)


def test_logits_of_16_bits_keep_the_order_of_32() -> None:
    generator = torch.Generator().manual_seed(0)
    close = 8 + torch.randn(2000, 30, generator=generator) / 500  # a step of 16 bits is 1/128
    huge = torch.tensor([[1e6, 2e6, 3e6] + [0.0] * 27, [-1e6, -2e6, float("-inf")] + [9.0] * 27])
    logits = torch.cat([close, close.bfloat16().float(), huge])
    rounded = half_in_order(logits)
    assert rounded.dtype == np.float16
    assert np.isfinite(rounded).all()
    plain = logits.clamp(-65504, 65504).half().numpy()
    expected = earliest_first(logits)[:, :5]
    assert not np.array_equal(earliest_first(torch.from_numpy(plain))[:, :5], expected)
    assert np.array_equal(earliest_first(torch.from_numpy(rounded))[:, :5], expected)
    assert np.array_equal(rounded.argmax(1), expected[:, 0])
    steps = (rounded.astype(float) - plain)[:-2] / np.spacing(plain[:-2]).astype(float)
    assert -5 <= steps.min() < 0 == steps.max()


def test_a_file_read_by_numpy_alone_agrees_with_the_result(trained: Path, command: Command) -> None:
    callbacks = [f"--trainer.callbacks+={name}" for name in ("TestTimeAugmentation", "Robustness")]
    command("test", "--ckpt_path", trained, *callbacks)
    result = Run(trained).result
    corrupted = {
        f"test_shifted/{corruption}_{severity}": accuracy
        for corruption, accuracies in result["test_shifted"].items()
        for severity, accuracy in enumerate(accuracies, 1)
    }
    plain = {split: result[split]["accuracy"] for split in ("val", "test", "test_tta")}
    assert len(corrupted) == 20
    for split, accuracy in {**plain, **corrupted}.items():
        with np.load(trained / f"answers_{split}.npz") as content:
            assert content["logits"].dtype == np.float16
            right = content["logits"].argmax(1) == content["labels"]
            assert right.mean() == accuracy, split
            assert np.array_equal(content["classes"][:, 0], content["logits"].argmax(1))
            logits = Run(trained).predictions(split).logits
            assert logits is not None
            assert np.array_equal(logits, content["logits"])
