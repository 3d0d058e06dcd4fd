import json
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from commands import Command
from made_files import write_tree
from torch import Tensor, nn

from imgcls.callbacks import Robustness
from imgcls.data import CIFAR100, CIFAR100Sobel
from imgcls.runs.run import Run
from imgcls.transforms import Draws, sobel
from imgcls.transforms.corruptions import corrupted

WITH = "--trainer.callbacks+=Robustness"


def test_accuracies_under_corruption_are_added_to_the_plain_scores(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("test", "--ckpt_path", trained)
    plain = json.loads((trained / "result.json").read_text())["test"]
    predictions = np.load(trained / "answers_test.npz")["probabilities"]
    capsys.readouterr()
    command("test", "--ckpt_path", trained, WITH)
    result = json.loads((trained / "result.json").read_text())
    assert result["test"] == plain
    assert np.array_equal(np.load(trained / "answers_test.npz")["probabilities"], predictions)
    assert result["test_evaluations"] == 2
    reached = result["test_shifted"]
    assert list(reached) == ["noise", "blur", "brightness", "contrast"]
    assert all(len(by_severity) == 5 for by_severity in reached.values())

    run = Run(trained)
    pixels = run.data.test_images.pixels.numpy() / 255
    bright = torch.from_numpy(np.clip(pixels + 0.3, 0, 1)).float()
    means = pixels.mean((2, 3), keepdims=True)
    pale = torch.from_numpy((pixels - means) * 0.15 + means).float()
    for name, seen in (("brightness", bright), ("contrast", pale)):
        right = run.model(run.data.normalised(seen)).argmax(1) == run.data.test_images.labels
        assert reached[name][4] == pytest.approx(right.double().mean().item())
    assert len({plain["accuracy"], reached["brightness"][4], reached["contrast"][4]}) == 3
    printed = [line for line in capsys.readouterr().out.splitlines() if "rising severity" in line]
    assert [line.split()[0] for line in printed] == list(reached)
    assert printed[1].endswith(f" {reached['blur'][4]:.2%}")


def test_neither_the_batch_nor_the_form_of_the_labels_matters(
    trained: Path, command: Command
) -> None:
    found = []
    for flags in ([], ["--data.batch_size", 7, "--data.one_hot", "true"]):
        command("test", "--ckpt_path", trained, WITH, *flags)
        found.append(json.loads((trained / "result.json").read_text())["test_shifted"])
    assert found[0] == found[1]


class Watched(nn.Module):
    """Records its inputs, and predicts the first class for each image."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Tensor, Tensor]] = []

    def forward(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        self.seen.append(inputs)
        return torch.tensor([1.0, 0.0]).expand(len(inputs[0]), 2)


@pytest.mark.parametrize("size", [32, 64])
def test_the_gradient_is_that_of_the_corrupted_image(size: int, tmp_path: Path) -> None:
    write_tree(tmp_path / "cifar100", dict.fromkeys(CIFAR100.classes, 2))
    data = CIFAR100Sobel(root=tmp_path, classes=("bee", "seal"), batch_size=3, image_size=size)
    exact = SimpleNamespace(forward_context=nullcontext)
    trainer: Any = SimpleNamespace(datamodule=data, precision_plugin=exact)
    callback, model = Robustness(seed=5), Watched()
    callback.on_test_start(trainer, model)  # type: ignore[arg-type]
    batches = list(data.test_dataloader())
    for number, batch in enumerate(batches):
        normal = data.on_after_batch_transfer(batch, 0)
        callback.on_test_batch_end(trainer, model, None, normal, number)  # type: ignore[arg-type]
    logits = callback.logits()
    assert len(logits) == 20
    assert all((each == torch.tensor([1.0, 0.0])).all() for each in logits.values())
    assert {len(each) for each in logits.values()} == {len(data.test_images)}

    first = batches[0]
    expected = corrupted(first.inputs / 255, Draws(5, 0, first.index))
    for (name, _, seen), (images, gradients) in zip(expected, model.seen[:20], strict=True):
        drawn = nn.functional.interpolate(seen, (size, size), mode="bilinear")
        mean, std = (torch.tensor(each)[:, None, None] for each in (data.mean, data.std))
        torch.testing.assert_close(images * std + mean, drawn, atol=1e-4, rtol=0, msg=name)
        gradient = gradients * data.gradient_std + data.gradient_mean
        torch.testing.assert_close(gradient, sobel(drawn), atol=1e-4, rtol=0, msg=name)
