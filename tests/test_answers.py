from pathlib import Path

import numpy as np
import torch
from commands import Command
from torch.nn import functional

from imgcls.answers import Answers, answers_of, read_answers, spread, write_answers
from imgcls.data import Digits
from imgcls.runs import read_result


def test_answers_are_the_most_probable_classes(tmp_path: Path) -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, -1.0]])
    labels = torch.tensor([2, 0])
    answers = answers_of(logits, labels, torch.tensor([7, 3]))
    assert answers.classes.tolist() == [[1, 2, 0], [0, 1, 2]]
    np.testing.assert_allclose(answers.probabilities.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(answers.probabilities[0, 0], 0.6652, atol=1e-4)
    expected = functional.cross_entropy(logits, labels, reduction="none").numpy()
    np.testing.assert_allclose(answers.losses, expected, rtol=1e-6)
    write_answers(tmp_path, "test", answers)
    again = read_answers(tmp_path, "test")
    assert isinstance(again, Answers)
    for field in Answers._fields:
        kept, given = getattr(again, field), getattr(answers, field)
        assert kept.dtype == given.dtype
        assert np.array_equal(kept, given)
    assert read_answers(tmp_path, "val") is None
    assert [path.name for path in tmp_path.iterdir()] == ["answers_test.npz"]


def test_a_run_keeps_its_answers_to_validation_and_test(trained: Path, command: Command) -> None:
    assert read_answers(trained, "test") is None
    command("test", "--ckpt_path", trained)
    result = read_result(trained)
    data = Digits()
    for split, images in (("val", data.val_images), ("test", data.test_images)):
        answers = read_answers(trained, split)
        assert answers is not None
        assert np.array_equal(answers.rows, images.rows)
        assert np.array_equal(answers.labels, images.labels)
        right = answers.classes[:, 0] == answers.labels
        assert right.mean() == result[split]["accuracy"]
        np.testing.assert_allclose(answers.losses.mean(), result[split]["loss"], rtol=1e-5)


def test_other_weights_leave_the_answers_of_the_chosen_ones(
    trained: Path, command: Command
) -> None:
    command("test", "--ckpt_path", trained / "checkpoints" / "last.ckpt")
    assert read_answers(trained, "test") is None


def test_what_five_answers_leave_is_spread_over_the_other_classes() -> None:
    logits = torch.tensor([[9.0, 0.0, 1.0, 5.0, 2.0, 3.0, 4.0], [0.0] * 7])
    answers = answers_of(logits, torch.tensor([0, 1]), torch.tensor([0, 1]))
    shares, exact = spread(answers, 7), logits.softmax(1).numpy()
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(shares[0, [0, 3, 6, 5, 4]], exact[0, [0, 3, 6, 5, 4]], rtol=1e-6)
    np.testing.assert_allclose(shares[0, [1, 2]], exact[0, [1, 2]].mean(), rtol=1e-3)
    np.testing.assert_allclose(shares[1], 1 / 7, rtol=1e-6)


def test_all_of_few_classes_are_kept() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0]])
    answers = answers_of(logits, torch.tensor([2]), torch.tensor([0]))
    np.testing.assert_allclose(spread(answers, 3), logits.softmax(1).numpy(), rtol=1e-6)
