"""Evaluations of a test set are counted by experiment and content."""

import json
import shutil
from pathlib import Path

import pytest
from commands import Command, Fit

from imgcls.errors import InputError
from imgcls.runs.checkpoints import ORIGIN, origin_of
from imgcls.runs.ledger import Ledger
from imgcls.runs.run import Run


def entries(logs: Path, experiment: str = "digits_cnn") -> list[dict[str, object]]:
    lines = (logs / experiment / "evaluations.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_each_test_of_an_experiment_is_counted_and_printed(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        command("test", "--ckpt_path", trained)
        assert f"evaluation {number} of this test set by digits_cnn\n" in capsys.readouterr().out
    first, second = entries(trained.parents[1])
    assert first | {"time": second["time"]} == second
    images = Run(trained).data.content_hash("test")
    assert Run(trained).result["test_set"] == images
    assert second.items() >= {
        "test_set": images, "run": "version_0", "checkpoint": "best.ckpt", "images": 360,
        "data": "Digits", "evaluations": 1,
    }.items()  # fmt: skip
    assert Ledger(trained.parents[1], "digits_cnn").count(images) == 2


def test_a_copied_checkpoint_counts_for_the_run_that_wrote_it(
    trained: Path, command: Command, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere" / "mine.ckpt"
    copy.parent.mkdir()
    shutil.copy(trained / "checkpoints" / "best.ckpt", copy)
    command("test", "--config", "digits_cnn", "--name", "other", "--ckpt_path", copy)
    logs = trained.parents[1]
    (entry,) = entries(logs)
    assert (entry["run"], entry["checkpoint"]) == ("version_0", "mine.ckpt")
    assert not (logs / "other").exists()


@pytest.mark.parametrize(
    "origin",
    ["../../out/version_0", "../version_0", "./version_0", "a/b", "a\\b/version_1", 7, None],
)
def test_a_checkpoint_cannot_name_a_folder_elsewhere(origin: object) -> None:
    assert origin_of({ORIGIN: origin}) is None
    assert origin_of({}) is None
    assert origin_of({ORIGIN: "a.b c/version_12"}) == ("a.b c", "version_12")


def test_other_images_or_classes_are_another_test_set(
    fit: Fit, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fit("--data.classes", '["1", "2"]')
    command("test", "--ckpt_path", run)
    fit()
    capsys.readouterr()
    command("test", "--ckpt_path", "best", "--config", "digits_cnn")
    assert "evaluation 1 of this test set by digits_cnn\n" in capsys.readouterr().out
    sets = {entry["test_set"] for entry in entries(run.parents[1])}
    assert len(sets) == 2


def test_an_evaluation_that_is_broken_off_counts(trained: Path, command: Command) -> None:
    missing = "--trainer.callbacks+=ActivationGrid"
    flags = ("--trainer.callbacks.pictures", "[no such image]")
    with pytest.raises(SystemExit):  # refused before the pass begins
        command("test", "--ckpt_path", trained, missing, *flags)
    assert not (trained.parent / "evaluations.jsonl").exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imgcls.models.SmallCNN.test_step", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            command("test", "--ckpt_path", trained)
    assert len(entries(trained.parents[1])) == 1
    assert "test" not in Run(trained).result


def test_validation_is_not_counted(trained: Path, command: Command) -> None:
    command("validate", "--ckpt_path", trained)
    assert not (trained.parent / "evaluations.jsonl").exists()


def test_course_mode_counts_each_epoch(fit: Fit, command: Command) -> None:
    run = fit("--data.validate_on", "test", "--trainer.num_sanity_val_steps", 2, epochs=2)
    assert [entry["epoch"] for entry in entries(run.parents[1])] == [1, 2]
    command("validate", "--ckpt_path", run)
    assert len(entries(run.parents[1])) == 3


def test_what_runs_counted_before_there_was_a_ledger_is_taken_over(tmp_path: Path) -> None:
    for number, count in ((0, 2), (1, 0), (2, 1)):
        folder = tmp_path / "old" / f"version_{number}"
        folder.mkdir(parents=True)
        Run(folder).write_result({"test_evaluations": count})
    ledger = Ledger(tmp_path, "old")
    assert ledger.count("any") == ledger.count() == 3
    assert ledger.add("hash", run="version_2") == 4
    assert Ledger(tmp_path, "old").count("other") == 3
    assert [entry["run"] for entry in entries(tmp_path, "old")] == [
        "version_0", "version_2", "version_2",
    ]  # fmt: skip


@pytest.mark.parametrize("line", ["{", "[]", '{"test_set": null}', "null"])
def test_a_damaged_ledger_is_named(tmp_path: Path, line: str) -> None:
    ledger = Ledger(tmp_path, "old")
    ledger.add("hash")
    with ledger.file.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InputError, match=r"line 2 of .*evaluations\.jsonl is damaged"):
        ledger.count()


def test_a_ledger_that_cannot_be_written_stops_the_evaluation(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    (trained.parent / "evaluations.jsonl").mkdir()
    with pytest.raises(SystemExit) as stopped:
        command("test", "--ckpt_path", trained)
    assert stopped.value.code == 2
    assert "evaluations.jsonl cannot be written" in capsys.readouterr().err
    assert "test" not in Run(trained).result
