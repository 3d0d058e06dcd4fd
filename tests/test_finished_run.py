import json
from pathlib import Path

import pytest
import torch
import yaml
from commands import Command, Fit

from imgcls.batch import Batch
from imgcls.data import Digits
from imgcls.errors import InputError
from imgcls.runs.find import finished_runs, load_run
from imgcls.runs.run import Run
from imgcls.transforms import ProgressiveResize, RandomFlip


def test_a_finished_run_scores_again_what_its_result_says(trained: Path) -> None:
    run = Run(trained)
    images = run.data.val_images
    hits = run.logits(images).argmax(1) == images.labels
    assert hits.float().mean().item() == pytest.approx(run.result["val"]["accuracy"])
    assert not run.model.training


def test_its_predictions_are_those_of_its_model(trained: Path) -> None:
    run = Run(trained)
    best = run.logits(run.data.val_images).softmax(1).max(1)
    predictions = run.predictions("val")
    assert predictions.classes[:, 0].tolist() == best.indices.tolist()
    torch.testing.assert_close(torch.from_numpy(predictions.probabilities[:, 0]), best.values)


def test_it_was_once_untrained(trained: Path) -> None:
    run = Run(trained)
    trained_shapes = {name: value.shape for name, value in run.model.state_dict().items()}
    fresh = run.untrained_model().state_dict()
    assert {name: value.shape for name, value in fresh.items()} == trained_shapes
    assert not torch.equal(fresh["head.weight"], run.model.state_dict()["head.weight"])


def test_images_come_without_augmentation(trained: Path) -> None:
    run = Run(trained)
    assert run.data.augment  # of training
    assert torch.equal(run.logits(run.data.train_images), run.logits(run.data.train_images))


def test_data_are_found_anew_where_the_run_was_moved(
    trained: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = yaml.safe_load((trained / "config.yaml").read_text())
    config["data"]["init_args"]["root"] = "/of/another/machine"
    (trained / "config.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path))
    assert Run(trained).data.root == tmp_path


def test_only_finished_runs_are_found_the_oldest_first(trained: Path, command: Command) -> None:
    logs = trained.parents[1]
    for number in (2, 10):
        (trained.parent / f"version_{number}").mkdir()
        (trained.parent / f"version_{number}" / "result.json").write_text(
            json.dumps({"train": {}} if number == 10 else {"test_evaluations": 0})
        )
    folders = [run.folder.name for run in finished_runs(logs, "digits_cnn")]
    assert folders == ["version_0", "version_10"]


def test_what_is_not_there_is_reported(trained: Path) -> None:
    with pytest.raises(InputError, match=r"no finished run of 'mnist_fcn' .* --config mnist_fcn"):
        finished_runs(trained.parents[1], "mnist_fcn")
    with pytest.raises(InputError, match=r"checkpoints has no result\.json"):
        load_run(trained / "checkpoints")
    with pytest.raises(InputError, match=r"no answers_test\.npz: 'imgcls test' writes it"):
        Run(trained).predictions("test")
    (trained / "checkpoints" / "best.ckpt").unlink()
    (trained / "checkpoints" / "last.ckpt").unlink()
    with pytest.raises(InputError, match=r"it holds no checkpoint"):
        _ = Run(trained).model


GROWING = """\
data:
  class_path: Digits
  init_args:
    augment: [RandomFlip, {class_path: ProgressiveResize, init_args: {start: 5, step: 1}}]
model: {class_path: ResNet18, init_args: {width: 4}}  # takes images of any size
"""


def test_its_data_shows_what_the_first_epoch_trained_on(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_on: list[Batch] = []
    prepare = Digits.on_after_batch_transfer

    def note(data: Digits, batch: Batch, index: int) -> Batch:
        prepared = prepare(data, batch, index)
        if data.trainer.training:
            trained_on.append(prepared)
        return prepared

    monkeypatch.setattr(Digits, "on_after_batch_transfer", note)
    Path("growing.yaml").write_text(GROWING)
    run = fit("--seed_everything", 3, config="growing.yaml", epochs=2)
    data = Run(run).data
    for batch, seen in zip(data.train_dataloader(), trained_on, strict=False):
        assert torch.equal(batch.index, seen.index)
        shown = data.augmented(batch, epoch=0)
        assert shown.shape[2:] == (5, 5)
        assert torch.equal(data.normalised(shown), seen.inputs)
    assert data.augmented(batch, epoch=1).shape == trained_on[-1].inputs.shape
    assert data.augmented(batch, epoch=0, epochs=1).shape[2:] == (8, 8)


def test_how_far_a_training_is_has_to_be_known_where_it_decides() -> None:
    small = Digits(augment=[ProgressiveResize(start=5, step=1)])
    batch = small.train_images.batch(range(3))
    with pytest.raises(InputError, match=r"number of epochs is unknown: give it, .*epochs=30"):
        small.augmented(batch, epoch=0)
    assert small.augmented(batch, epoch=0, epochs=2).shape[2:] == (5, 5)
    flipped = Digits(augment=[RandomFlip()]).augmented(batch, epoch=0)
    assert flipped.shape == batch.inputs.shape
