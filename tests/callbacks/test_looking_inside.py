"""The callbacks that draw in real runs of digits_cnn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands import Command, Fit, folder_of, same_weights
from lightning import LightningModule
from made_files import write_tree
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from imgcls import plots
from imgcls.data import CIFAR100, Digits
from imgcls.evaluation.embedding import neighbour_purity, stratified_sample
from imgcls.models import Classifier
from imgcls.runs.run import Run

LOOK = """\
trainer:
  callbacks:
    - class_path: FeatureTSNE
      init_args:
        layers: [head.input, backbone.1]
        every_n_epochs: 1
        samples: 100
        film: true
        highlight: ["3"]
    - class_path: ActivationGrid
      init_args: {pictures: [3]}
    - class_path: ScoreFigures
    - class_path: FeatureProjector
      init_args: {layers: [head.input, backbone.1], samples: 100}
"""


def loaded(run: Path, name: str) -> Classifier:
    path = run / "checkpoints" / f"{name}.ckpt"
    model = LightningModule.load_from_checkpoint(path, weights_only=True, map_location="cpu")
    assert isinstance(model, Classifier)
    return model.eval()


@torch.no_grad()
def purity_of(model: Classifier, data: Digits, split: str) -> float:
    images = getattr(data, f"{split}_images")
    sample = stratified_sample(images.labels.numpy(), 100)
    features = model.features(data.normalised(images.batch(sample).inputs))
    return neighbour_purity(features.numpy(), images.labels[sample].numpy())


def tags(run: Path) -> set[str]:
    found: set[str] = set()
    for file in run.glob("events.out.*"):
        events = EventAccumulator(str(file))
        events.Reload()
        found |= set(events.Tags()["images"])
    return found


def test_fit_draws_validation_test_draws_the_test_split_and_training_stays_the_same(
    fit: Fit, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[np.ndarray, str, torch.Tensor]] = []

    def map_grid(maps: Any, title: str, image: torch.Tensor) -> Any:
        drawn.append((np.asarray(maps), title, image))
        return plots.map_grid(maps, title, image)

    rooms: list[np.ndarray] = []  # of the frames of animations

    def scatter(*arguments: Any) -> Any:
        assert arguments[5] == ("3",)
        if arguments[-1] is not None:
            rooms.append(arguments[-1])
        return plots.scatter(*arguments)

    monkeypatch.setattr("imgcls.callbacks.activation_grid.map_grid", map_grid)
    monkeypatch.setattr("imgcls.callbacks.feature_tsne.scatter", scatter)
    plain = fit(epochs=2)
    Path("look.yaml").write_text(LOOK)
    run = fit("--config", "look.yaml", epochs=2)
    assert same_weights(plain, run)
    assert same_weights(plain, run, "best")
    stems = {path.stem for path in (run / "pictures").glob("*.npz")}
    assert stems == {
        f"tsne_val_{layer}_epoch_00{epoch}"
        for layer in ("head.input", "backbone.1")
        for epoch in (1, 2)
    }
    data = Digits()
    first, second = (
        np.load(run / "pictures" / f"tsne_val_head.input_epoch_00{epoch}.npz") for epoch in (1, 2)
    )
    assert first["points"].shape == (100, 2)
    assert np.bincount(first["labels"]).tolist() == [10] * 10
    assert (first["labels"] == second["labels"]).all()
    assert second["purity"] == pytest.approx(purity_of(loaded(run, "last"), data, "val"))
    assert second["purity"] > first["purity"]
    assert {path.stem for path in (run / "pictures").glob("*.gif")} == {
        "tsne_val_head.input", "tsne_val_backbone.1"
    }  # fmt: skip
    with Image.open(run / "pictures" / "tsne_val_head.input.gif") as animation:
        assert animation.n_frames == 2  # type: ignore[attr-defined]
    both = np.concatenate([first["points"], second["points"]])
    assert len(rooms) == 4
    assert all(np.array_equal(room, both) for room in rooms[:2])

    maps, _, image = drawn[0]
    model = loaded(run, "last")
    assert [text for _, text, _ in drawn] == [
        "backbone.1, val 3 (val), epoch 2",
        "backbone.4, val 3 (val), epoch 2",
    ]
    assert torch.equal(image, data.val_images[3][0])
    with torch.no_grad():
        direct = model.backbone[0](data.normalised(image[None])).relu()[0]  # type: ignore[index]
    assert np.allclose(maps, direct, atol=1e-5)
    assert Run(run).result["test_evaluations"] == 0

    command("test", "--ckpt_path", run)
    best = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)["epoch"] + 1
    tested = np.load(run / "pictures" / f"tsne_test_head.input_epoch_00{best}.npz")
    assert tested["purity"] == pytest.approx(purity_of(loaded(run, "best"), data, "test"))
    assert Run(run).result["test_evaluations"] == 1
    pngs = {path.stem for path in (run / "pictures").glob("*.png")}
    assert {path.stem for path in (run / "pictures").glob("*.npz")} < pngs
    assert f"activations_backbone.1_val_3_epoch_00{best}" in pngs
    assert {
        "tsne/val/backbone.1", "tsne/test/head.input", "activations/backbone.4/val 3",
        "training/schedule", "val/confusion_matrix", "test/predictions",
        "training/curves", "training/layers", "weights/filters_backbone.0", "weights/grad_cam",
    } <= tags(run)  # fmt: skip
    check_projector(run, best)


def check_projector(run: Path, best: int) -> None:
    """Check that the PROJECTOR tab has the features of t-SNE."""
    config = (run / "projector_config.pbtxt").read_text()
    for split, epoch in (("val", 2), ("test", best)):
        for layer in ("head.input", "backbone.1"):
            assert f'"{split}_{layer}:{epoch:05d}"' in config
            features = np.loadtxt(run / f"{epoch:05d}" / f"{split}_{layer}" / "tensors.tsv")
            points = np.load(run / "pictures" / f"tsne_{split}_{layer}_epoch_{epoch:03d}.npz")
            assert points["purity"] == neighbour_purity(features, points["labels"])


def test_outputs_for_other_callbacks_are_not_recorded(fit: Fit, command: Command) -> None:
    names = ("odd_parts.Onlooker", "FeatureProjector", "odd_parts.Onlooker")
    listed = ", ".join(f"{{class_path: {name}}}" for name in names)
    Path("look.yaml").write_text(f"trainer: {{callbacks: [{listed}]}}\n")
    run = fit("--config", "look.yaml")
    command("test", "--ckpt_path", run)
    for split, name in (("val", "last"), ("test", "best")):
        features = np.loadtxt(run / "00001" / f"{split}_head.input" / "tensors.tsv")
        data = Digits()
        images = getattr(data, f"{split}_images")
        model = loaded(run, name)
        with torch.no_grad():
            batch = images.batch(range(len(images)))
            direct = model.features(data.normalised(batch.inputs))
        assert np.allclose(features, direct, atol=1e-4)


def test_without_a_run_nothing_is_written(fit: Fit, command: Command) -> None:
    Path("look.yaml").write_text(LOOK)
    flags = ("--config", "look.yaml", "--trainer.fast_dev_run", "true")
    cli = command("fit", "--config", "digits_cnn", *flags)
    assert cli.run is None
    assert [path.name for path in Path.cwd().rglob("*")] == ["look.yaml"]


def test_test_images_are_drawn_only_by_imgcls_test(
    fit: Fit, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("look.yaml").write_text(
        "trainer: {callbacks: [{class_path: FeatureTSNE, init_args: {samples: 20}}, "
        "{class_path: ActivationGrid, init_args: {split: test, pictures: [0]}}]}\n"
    )
    run = fit("--config", "look.yaml", "--data.validate_on", "test", "--data.val_fraction", 0)
    printed = capsys.readouterr().out
    assert "FeatureTSNE draws nothing in fit: there is no validation split to evaluate" in printed
    assert "ActivationGrid draws test images only in imgcls test: test 0" in printed
    assert list(run.glob("pictures/*")) == []
    command("test", "--ckpt_path", run)
    assert {path.name for path in run.glob("pictures/*.png")} == {
        "tsne_test_head.input_epoch_001.png",
        "activations_backbone.1_test_0_epoch_001.png",
        "activations_backbone.4_test_0_epoch_001.png",
    }


@pytest.mark.parametrize(
    ("variant", "fusion"),
    [
        (["--model.levels", "[early]"], "backbone.fusions.early"),
        (["--model.sees", "[image]"], None),  # a control, which has no fusion
    ],
)
def test_both_branches_and_their_fusion_are_drawn_for_the_whole_test_split(
    variant: list[str], fusion: str | None, command: Command, tmp_path: Path
) -> None:
    write_tree(tmp_path / "cifar100", dict.fromkeys(CIFAR100.classes, 2))
    cli = command(
        "fit", "--config", "cifar100_dual_branch", "--trainer.max_epochs", 1, "--data.root", ".",
        "--data.batch_size", 50, "--data.val_fraction", 0.5, "--model.width", 2, *variant,
    )  # fmt: skip
    assert list(folder_of(cli).glob("pictures/*")) == []  # only the test draws
    command("test", "--ckpt_path", folder_of(cli))
    names = [f"{fusion}.input.0", f"{fusion}.input.1", fusion] if fusion else []
    drawn = {path.stem: np.load(path) for path in folder_of(cli).glob("pictures/*.npz")}
    assert drawn.keys() == {f"tsne_test_{name}_epoch_001" for name in names}
    for arrays in drawn.values():
        assert np.bincount(arrays["labels"]).tolist() == [2] * 100
        assert arrays["points"].shape == (200, 2)
        assert {"purity", "trustworthiness"} <= set(arrays)
    assert Run(folder_of(cli)).result["test_evaluations"] == 1


def test_a_figure_that_fails_does_not_end_training(
    fit: Fit, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("look.yaml").write_text(
        "trainer: {callbacks: [{class_path: FeatureTSNE, init_args: {samples: 4, "
        "layers: [head.input, loss]}}, "
        "{class_path: ActivationGrid, init_args: {layers: [head, loss]}}]}\n"
    )
    run = fit("--config", "look.yaml")
    printed = capsys.readouterr().out
    skipped = "FeatureTSNE skips"
    assert f"{skipped} head.input after epoch 1: t-SNE of 4 points" in printed
    assert f"{skipped} loss after epoch 1: it does not return one feature vector" in printed
    assert "no maps of head, val 0 (val), epoch 1: activation maps have 1 dimensions" in printed
    assert "no maps of loss, val 1 (val), epoch 1: there are no activation maps" in printed
    assert (run / "result.json").is_file()
