"""Saved runs are read back as they were written, and the pages made of them are up to date."""

import json
import os
import re
import runpy
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch
from commands import Command

from imgcls.evaluation.flops import count_parameters
from imgcls.runs.run import Run

ROOT = Path(__file__).parents[1]
LOGS = ROOT / "lightning_logs"
EXPERIMENTS = sorted({run.parent.name for run in LOGS.glob("*/version_*")})
PROGRAMS = ("make_results", "make_studies", "make_robustness", "make_speed")
NOT_NEEDED = ("*.ckpt", "*.npz", "*.png", "events.*")  # by the programs


def runs_of(experiment: str) -> list[Run]:
    return [Run(folder) for folder in sorted((LOGS / experiment).glob("version_*"))]


def has_weights(run: Run) -> bool:
    return any((run.folder / "checkpoints").glob("*.ckpt"))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_saved_run_is_read_back_with_its_model(experiment: str) -> None:
    for run in runs_of(experiment):
        assert len(run.curves) == run.result["epochs"]
        assert count_parameters(run.untrained_model()) == run.result["parameters"]
        if has_weights(run):
            assert count_parameters(run.model) == run.result["parameters"]
        for split in ("val", "test"):
            if (run.folder / f"answers_{split}.npz").is_file():
                answers = run.predictions(split)
                hits = (answers.classes[:, 0] == answers.labels).mean()
                assert hits == pytest.approx(run.result[split]["accuracy"], abs=1e-12)


@pytest.mark.real_data
@pytest.mark.parametrize("experiment", [name for name in EXPERIMENTS if "." not in name])
def test_a_saved_run_finds_the_images_that_it_was_scored_on(experiment: str) -> None:
    for run in runs_of(experiment):
        images = run.data.val_images
        assert len(images) == run.result["val"]["images"]
        if not (run.folder / "answers_val.npz").is_file():  # the oldest have only scores
            continue
        answers = run.predictions("val")
        assert images.rows.tolist() == answers.rows.tolist()
        assert images.labels.tolist() == answers.labels.tolist()
        if has_weights(run):
            few = images.subset(torch.arange(0, len(images), 10))
            best = run.logits(few).argmax(1).numpy()
            assert (best == answers.classes[::10, 0]).mean() > 0.98  # float32 here, bfloat16 there


def started(run: Path) -> int:
    """Return the second in which a run began, by the name of its first event file."""
    names = [path.name for path in run.glob("events.out.tfevents.*")]
    return min(int(name.split(".")[3]) for name in names) if names else 2**40


@pytest.mark.real_data
def test_the_oldest_runs_train_again_from_their_config(command: Command) -> None:
    for run in sorted(LOGS.glob("*/version_*"), key=started)[:3]:
        flags = ["--trainer.max_steps", 2, "--data.val_fraction", 0.9]
        flags += ["--data.root", os.environ.get("IMGCLS_DATA", "data")]
        cli = command("fit", "--config", run / "config.yaml", "--name", run.parent.name, *flags)
        assert cli.trainer.global_step == 2


def test_pages_and_config_headers_say_what_the_saved_runs_say(tmp_path: Path) -> None:
    for folder in ("docs", "configs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copytree(LOGS, tmp_path / LOGS.name, ignore=shutil.ignore_patterns(*NOT_NEEDED))
    shutil.copy(ROOT / "README.md", tmp_path)
    for program in PROGRAMS:
        runpy.run_path(str(tmp_path / "docs" / f"{program}.py"), run_name="__main__")
    made = ["README.md", "docs/results.md", "docs/studies.md", "docs/benchmarks.md"]
    made += [f"configs/{path.name}" for path in (ROOT / "configs").glob("*.yaml")]
    for name in made:
        assert (tmp_path / name).read_text() == (ROOT / name).read_text(), name


def test_the_table_of_a_study_is_that_of_its_runs() -> None:
    for table in LOGS.glob("*/table.md"):
        study = table.parent.name
        accuracies = {
            f"{run.result['val']['accuracy']:.2%}".replace("%", " %")
            for experiment in EXPERIMENTS
            if experiment.startswith(f"{study}.")
            for run in runs_of(experiment)[:1]
            if len(runs_of(experiment)) == 1
        }
        single = re.findall(r"\| (\d+\.\d\d %) \(", table.read_text())
        assert set(single) >= accuracies


def test_every_evaluation_of_a_saved_run_is_in_the_ledger() -> None:
    tested = 0
    for experiment in EXPERIMENTS:
        evaluations: Counter[str] = Counter()
        runs = [run for run in runs_of(experiment) if "test" in run.result]
        if runs:
            lines = (LOGS / experiment / "evaluations.jsonl").read_text().splitlines()
            for entry in map(json.loads, lines):
                evaluations[entry["run"]] += entry["evaluations"]
                assert len(entry["test_set"]) == 32
        for run in runs:
            assert evaluations[run.folder.name] >= run.result["test_evaluations"]
            tested += 1
    assert tested > 50
