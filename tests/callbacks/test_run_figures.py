"""ScoreFigures on predictions made by hand, and in a real run of digits_cnn."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from commands import Command, Fit
from matplotlib.figure import Figure

from imgcls.callbacks import run_figures, score_figures
from imgcls.callbacks.figure_files import save_figure
from imgcls.data import Digits
from imgcls.errors import InputError
from imgcls.models import Classifier
from imgcls.runs.run import Run
from imgcls.transforms import RandomCrop

PREDICTIONS = {
    f"{name}_{split}"
    for split in ("val", "test")
    for name in (
        "predictions", "confusion_matrix", "confused_pairs", "class_accuracy", "reliability",
        "highest_losses",
    )
}  # fmt: skip


def title(draw: Callable[[], Figure]) -> str:
    return draw().get_suptitle().replace("\n", " ")


def test_figures_show_the_predictions() -> None:
    data = Digits()
    labels = data.val_images.labels
    logits = 9 * torch.nn.functional.one_hot(labels, 10).float()
    first = int((labels == 0).nonzero()[0])
    logits[first] = torch.tensor([0, 9.0, *[0.0] * 8])  # one 0 is predicted as a 1
    figures = run_figures.prediction_figures(data, "val", logits, labels, "model")
    assert title(figures["confusion_matrix"]) == "model: confusion matrix, 143 of 144 correct"
    zeros = int((labels == 0).sum())
    mean = 100 * (9 + (zeros - 1) / zeros) / 10
    assert title(figures["class_accuracy"]) == f"model: mean of 10 classes {mean:.1f} % (dashed)"
    (pair,) = figures["confused_pairs"]().axes[0].get_yticklabels()
    assert pair.get_text() == "0 → 1"
    assert "accuracy 99.3 %" in title(figures["reliability"])
    assert title(figures["predictions"]).endswith(" of 40 correct")
    hardest = figures["highest_losses"]()
    assert "20 of 144; mean 0.06" in hardest.get_suptitle()
    image = np.asarray(hardest.axes[0].images[0].get_array())[..., 0]
    assert np.allclose(255 * image, data.val_images[first][0][0])
    assert hardest.axes[0].texts[0].get_text() == "✗ 1 100%\nis 0\nloss 9.00"


def test_training_images_are_those_of_their_class_and_augmented_as_in_training() -> None:
    data = Digits(augment=[RandomCrop(padding=1)], seed=3)
    figures = run_figures.training_figures(data)
    assert title(figures["class_examples"]) == "5 images of each of 10 classes"
    drawn = figures["augmentation"]().axes[0].images
    assert len(drawn) == 40
    batch = data.train_images.batch(range(6))
    data.trainer = SimpleNamespace(training=True, current_epoch=2, max_epochs=4)
    as_drawn = data.normalised(data.augmented(batch, epoch=2))
    assert torch.equal(data.on_after_batch_transfer(batch, 0).inputs, as_drawn)
    assert "augmentation" not in run_figures.training_figures(Digits())


def test_a_run_draws_the_predictions_of_its_result_without_further_passes(
    fit: Fit, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: dict[str, str] = {}
    seen: list[int] = []
    forward = Classifier.forward

    def note(trainer: Any, figure: Figure, path: Path, *rest: Any) -> None:
        titles[path.stem] = figure.get_suptitle()
        save_figure(trainer, figure, path, *rest)

    def count(model: Classifier, inputs: torch.Tensor) -> torch.Tensor:
        seen.append(len(inputs))
        return forward(model, inputs)

    monkeypatch.setattr(score_figures, "save_figure", note)
    run = fit("--trainer.callbacks", "ScoreFigures", epochs=3)
    monkeypatch.setattr(Classifier, "forward", count)
    command("test", "--ckpt_path", run)
    result = Run(run).result
    assert sum(seen) == result["test"]["images"]
    assert result["test_evaluations"] == 1
    ending = f"_epoch_{int(result['weights'].split()[-1]):03d}"
    for split in ("val", "test"):
        hits = round(result[split]["accuracy"] * result[split]["images"])
        assert titles[f"confusion_matrix_{split}{ending}"].endswith(
            f": confusion matrix, {hits} of {result[split]['images']} correct"
        )
    training = {"class_examples", "augmentation", "schedule", "curves", "layers"}
    assert titles["schedule"] == "learning rate over 60 steps"
    assert titles["curves"] == "SmallCNN on Digits"
    assert f"{result['parameters']:,} parameters" in titles["layers"]
    assert titles[f"grad_cam{ending}"].startswith("Grad-CAM of backbone.")
    assert titles.keys() == training | {
        f"{name}{ending}" for name in PREDICTIONS | {"filters_backbone.0", "grad_cam"}
    }
    assert {path.stem for path in (run / "pictures").iterdir()} == titles.keys()
    heat = run / "pictures" / f"grad_cam{ending}.png"
    for path in (run / "pictures" / "class_examples.png", heat):
        path.unlink()
    (run / "pictures" / "augmentation.png").write_bytes(b"drawn by fit")
    command("test", "--ckpt_path", run)
    assert (run / "pictures" / "class_examples.png").exists()
    assert heat.exists()
    assert (run / "pictures" / "augmentation.png").read_bytes() == b"drawn by fit"


def test_a_figure_that_fails_does_not_end_training(
    fit: Fit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> Figure:
        raise InputError("there is nothing to draw")

    monkeypatch.setattr("imgcls.plots.reliability", refuse)
    run = fit("--trainer.callbacks", "ScoreFigures")
    text = "ScoreFigures skips reliability_val_epoch_001: there is nothing to draw"
    assert text in capsys.readouterr().out
    assert (run / "pictures" / "highest_losses_val_epoch_001.png").exists()
    assert (run / "result.json").is_file()
