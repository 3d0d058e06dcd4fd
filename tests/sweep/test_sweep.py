"""Whole sweeps of digits_cnn, through the command."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Command, folder_of, same_weights

from imgcls import main
from imgcls.runs.run import Run

STUDY = """\
config: digits_cnn
flags: {{trainer.max_epochs: {epochs}}}
seeds: {seeds}
{kind}:
  model.optimizer.lr: {rates}
"""
LOGS = Path("lightning_logs")


def write_study(
    name: str,
    rates: list[float],
    kind: str = "each",
    seeds: tuple[int, ...] = (0,),
    epochs: int = 1,
) -> str:
    text = STUDY.format(kind=kind, rates=rates, seeds=list(seeds), epochs=epochs)
    Path(f"{name}.yaml").write_text(text)
    return f"{name}.yaml"


def add_callback(study: str, class_path: str, **arguments: object) -> None:
    """Give every trial of a study a callback, by an overlay."""
    callback = {"class_path": f"odd_parts.{class_path}", "init_args": arguments}
    Path("callback.yaml").write_text(json.dumps({"trainer": {"callbacks": [callback]}}))
    text = Path(study).read_text()
    Path(study).write_text(text.replace("digits_cnn", "[digits_cnn, callback.yaml]", 1))


def sweep(study: str) -> None:
    assert main(["sweep", study]) is None


def sweep_until_killed(study: str, victim: str) -> None:
    """Run a study in a process of its own, which `Death` ends in the victim's second epoch."""
    Path("victim").write_text(victim)
    killed = subprocess.run(
        [sys.executable, "-m", "imgcls", "sweep", study],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL


def run_folders() -> dict[str, int]:
    """Return the run folders and when each result was written."""
    return {
        str(run.relative_to(LOGS)): result.stat().st_mtime_ns if result.exists() else 0
        for run in sorted(LOGS.glob("*/version_*"))
        for result in [run / "result.json"]
    }


def table(name: str) -> list[list[str]]:
    """Return the rows of a study's table without the times, which no two sweeps share."""
    lines = (LOGS / name / "table.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line.startswith("|")]
    time = rows[0].index("time")
    return [row[:time] + row[time + 1 :] for row in rows]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
def test_a_study_is_run_once_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    study = write_study("rates", [0.003, 1e30, 0.01], seeds=(0, 1))
    sweep(study)
    names = ["rates.base", "rates.optimizer.lr=0.01", "rates.optimizer.lr=1e+30"]
    runs = run_folders()
    assert list(runs) == [f"{name}/version_{seed}" for name in names for seed in (0, 1)]
    assert [row[1] for row in table("rates")[2:]] == names[:2]
    assert table("rates")[2][6] == "baseline"
    text = (LOGS / "rates" / "table.md").read_text()
    assert "* rates.optimizer.lr=1e+30, seed 1: the loss is nan at step 3 (epoch 0" in text
    for image in ("influence.png", "influence.svg"):
        assert (LOGS / "rates" / image).stat().st_size > 5000
    printed = capsys.readouterr().out
    assert "[2/6] rates.optimizer.lr=1e+30, seed 0" in printed
    assert "rates.base" in printed
    assert text.splitlines()[-1] in printed
    assert "has: `tuned_with: {trainings: 6, petaflops: " in text
    assert "best       rates." in printed
    sweep(study)
    assert run_folders() == runs
    assert (LOGS / "rates" / "table.md").read_text() == text
    printed = capsys.readouterr().out
    assert printed.count("finished before: ") == 4
    assert printed.count("failed before: ") == 2


def test_a_trial_is_an_ordinary_run(command: Command) -> None:
    study = write_study("rates", [0.01], kind="grid", seeds=(2,))
    sweep(study)
    flags = ["--trainer.max_epochs", 1, "--model.optimizer.lr", 0.01, "--seed_everything", 2]
    plain = folder_of(command("fit", "--config", "digits_cnn", *flags))
    trial = LOGS / "rates.optimizer.lr=0.01" / "version_0"
    assert same_weights(trial, plain)
    assert Run(trial).config == Run(plain).config
    wanted, runs = table("rates"), run_folders()
    (trial / "result.json").unlink()  # as if killed after training, while it was scored
    sweep(study)
    assert table("rates") == wanted
    assert run_folders().keys() == runs.keys()


@pytest.mark.usefixtures("here")
def test_variants_take_any_setting() -> None:
    text = """\
config: digits_cnn
flags: {trainer.max_epochs: 1, model.schedule: Constant}
variants:
  no crop: {data.augment: null}
  plain SGD:
    model.optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.5, weight_decay: 0.0}}
    data.augment: [{class_path: RandomCrop, init_args: {padding: 2}}]
"""
    Path("parts.yaml").write_text(text)
    sweep("parts.yaml")
    names = ["parts.baseline", "parts.no_crop", "parts.plain_SGD"]
    assert [row[1] for row in table("parts")[2:]] == names
    configs = [Run(LOGS / name / "version_0").config for name in names]
    assert configs[1]["data"]["init_args"]["augment"] is None
    optimizer = configs[2]["model"]["init_args"]["optimizer"]
    assert optimizer["class_path"] == "torch.optim.SGD"
    assert optimizer["init_args"]["lr"] == 0.5
    crop = configs[2]["data"]["init_args"]["augment"][0]
    assert crop == {"class_path": "imgcls.transforms.RandomCrop", "init_args": {"padding": 2}}


@pytest.mark.usefixtures("here")
def test_a_killed_sweep_goes_on_where_it_was() -> None:
    study = write_study("rates", [0.001, 0.01], epochs=2)
    add_callback(study, "Death", sudden=True)
    sweep(study)
    unbroken = table("rates")
    LOGS.rename("unbroken")
    sweep_until_killed(study, victim="rates.optimizer.lr=0.01")
    before = run_folders()
    assert [bool(written) for written in before.values()] == [True, True, False]
    sweep(study)
    after = run_folders()
    assert list(after) == list(before)
    finished = [run for run, written in before.items() if written]
    assert [after[run] for run in finished] == [before[run] for run in finished]
    assert table("rates") == unbroken
    last = "rates.optimizer.lr=0.01/version_0"
    assert same_weights(LOGS / last, Path("unbroken") / last)


TUNED = """\
config: digits_cnn
ckpt_path: lightning_logs/digits_cnn/version_0
flags: {finetune: true, trainer.max_epochs: 2, data.classes: ["7", "1"], model.backbone_rate: 0.1}
variants:
  rows kept: {copy_shared_classes: true}
  from scratch: {finetune: false}
"""


def test_a_killed_study_of_fine_tuning_goes_on_where_it_was(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tuned.yaml").write_text(TUNED)
    add_callback("tuned.yaml", "Death", sudden=True)
    sweep_until_killed("tuned.yaml", victim="tuned.rows_kept")
    before = run_folders()
    sweep("tuned.yaml")
    runs = run_folders()
    assert list(runs) == [
        "digits_cnn/version_0", "tuned.baseline/version_0", "tuned.from_scratch/version_0",
        "tuned.rows_kept/version_0",
    ]  # fmt: skip
    for run in ("digits_cnn/version_0", "tuned.baseline/version_0"):
        assert runs[run] == before[run]
    assert [row[1] for row in table("tuned")[2:]] == [run.split("/")[0] for run in list(runs)[1:]]
    sources = [Run(LOGS / run).config["started_from"] for run in list(runs)[1:]]
    best = "digits_cnn/version_0/checkpoints/best.ckpt"
    assert sources == [best, None, best]

    flags = [
        "--finetune", "true", "--copy_shared_classes", "true", "--data.classes", '["7","1"]',
        "--model.backbone_rate", 0.1, "--trainer.max_epochs", 2, "--ckpt_path", trained,
    ]  # fmt: skip
    plain = folder_of(command("fit", "--config", "digits_cnn", "--name", "plain", *flags))
    assert same_weights(LOGS / "tuned.rows_kept" / "version_0", plain)

    shutil.copytree(trained, trained.with_name("version_1"))
    Path("tuned.yaml").write_text(Path("tuned.yaml").read_text().replace("version_0", "version_1"))
    with pytest.raises(SystemExit, match=r"^2$"):
        sweep("tuned.yaml")
    told = f"was trained with started_from: {best}, the study asks for {best.replace('0', '1')}: "
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_signal_stops_the_sweep_at_the_end_of_an_epoch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = write_study("rates", [0.01], kind="grid", epochs=2)
    add_callback(study, "SignalInEpoch", epoch=0, name="SIGTERM")
    sweep(study)
    assert capsys.readouterr().out.endswith("stopped; resume with: imgcls sweep rates.yaml\n")
    assert [*run_folders().values()] == [0]
    sweep(study)
    assert "stopped; go on" not in capsys.readouterr().out
    assert len(run_folders()) == 1
    assert all(run_folders().values())


def test_what_ships_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["sweep"])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("cifar100_resnet_ablation ") for line in lines)
    assert all("imgcls sweep " in line for line in lines)
