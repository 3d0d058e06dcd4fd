"""The program that fills some minutes of a machine, on digits."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from job_list import Job, Plan, Search, read_jobs
from timed_jobs import main

from imgcls.tables import read_markdown

CHEAP = {"train_petaflops": 0.05, "status": "done"}
SEARCH = Search(variants=[{"a": 1}, {"a": 2}, {"a": 3}], seeds=[7, 8], most_petaflops=0.06)
JOB = Job("job", 1.0, config="digits_cnn", search=SEARCH, seeds=[0, 1])


def keys(plan: Plan, done: dict[str, Any]) -> list[str]:
    return [planned.task.key for planned in plan.open(done)]


def trials(*scores: dict[str, Any]) -> dict[str, Any]:
    """Return what three variants reached, each with both seeds."""
    return {
        f"job variant {number} seed {seed}": {**CHEAP, **score}
        for number, score in enumerate(scores)
        for seed in SEARCH.seeds
    }


def test_seeds_wait_for_the_search_and_take_the_best_on_validation(tmp_path: Path) -> None:
    plan = Plan([], [JOB], tmp_path)
    done = trials({"val": 0.5}, {"val": 0.7}, {"val": 0.6})
    last = done.popitem()
    assert keys(plan, done) == [last[0]]
    done |= [last]
    assert plan.chosen(JOB, done) == {"a": 2}
    finals = list(plan.open(done))
    assert [each.task.key for each in finals] == ["job seed 0", "job seed 1"]
    assert all("--a=2" in each.task.arguments and each.task.test for each in finals)


def test_a_variant_that_costs_too_much_or_failed_is_not_chosen(tmp_path: Path) -> None:
    plan = Plan([], [JOB], tmp_path)
    costly, failed = {"val": 0.9, "train_petaflops": 0.07}, {"val": 0.8, "status": "failed"}
    assert plan.chosen(JOB, trials(costly, {"val": 0.5}, failed)) == {"a": 2}
    assert plan.chosen(JOB, trials(costly, failed, failed)) is None
    assert keys(plan, trials(costly, failed, failed)) == []


def test_a_mean_over_seeds_is_compared(tmp_path: Path) -> None:
    plan = Plan([], [JOB], tmp_path)
    done = trials({"val": 0.6}, {"val": 0.5}, {"val": 0.5})
    done["job variant 1 seed 7"]["val"] = 0.68
    assert plan.chosen(JOB, done) == {"a": 1}
    done["job variant 1 seed 8"]["val"] = 0.54
    assert plan.chosen(JOB, done) == {"a": 2}


def test_of_those_at_the_target_the_cheapest_is_chosen(tmp_path: Path) -> None:
    search = Search(SEARCH.variants, SEARCH.seeds, SEARCH.most_petaflops, target=0.6)
    job = Job("job", 1.0, search=search)
    plan = Plan([], [job], tmp_path)
    dear, cheap = {"val": 0.7}, {"val": 0.61, "train_petaflops": 0.04}
    assert plan.chosen(job, trials(dear, cheap, {"val": 0.5, "train_petaflops": 0.01})) == {"a": 2}
    assert plan.chosen(job, trials({"val": 0.5}, {"val": 0.59}, {"val": 0.4})) == {"a": 2}


SMALL = {"trainer.max_epochs": 1, "trainer.accelerator": "cpu", "machine.threads": 1}
JOBS: dict[str, Any] = {
    "overlays": ["cpu"],
    "jobs": [
        {"name": "hello", "seconds": 1, "command": [sys.executable, "-c", "print('hello')"]},
        {
            "name": "digits", "seconds": 1, "config": "digits_cnn", "settings": SMALL,
            "seeds": [3, 4], "alone": True,
            "search": {"variants": [{"model.optimizer.lr": 1e-9}, {"model.optimizer.lr": 0.003}]},
        },
        {"name": "long", "seconds": 10_000, "config": "digits_cnn"},
        {"name": "wrong", "seconds": 1, "config": "digits_cnn", "settings": {"model.width": 3}},
    ],
}  # fmt: skip


def test_minutes_are_filled_and_what_is_missing_is_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = Path(__file__).parents[1] / "benchmarks"
    monkeypatch.setenv("PYTHONPATH", str(programs))  # for processes of its own
    jobs, folder = tmp_path / "jobs.yaml", tmp_path / "results"
    jobs.write_text(yaml.safe_dump(JOBS))
    main([str(jobs), str(folder), "--minutes", "5", "--workers", "2"])
    rows = {row["task"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["hello"]["line"] == "hello"
    assert rows["long seed 0"]["status"] == "no time left"
    assert rows["wrong seed 0"]["status"] == "failed"
    assert "width" in rows["wrong seed 0"]["line"]
    tested = [row for name, row in rows.items() if name.startswith("digits seed")]
    assert [row["others"] for row in tested] == [0, 0]
    assert all(row["test"] > 0.3 for row in tested)
    assert all("test" not in row for name, row in rows.items() if " variant " in name)
    table = read_markdown((folder / "results.md").read_text())
    assert {row["task"]: row["status"] for row in table} == {
        name: row["status"] for name, row in rows.items()
    }
    assert "* digits: lr=0.003" in (folder / "results.md").read_text()
    configs = [yaml.safe_load(path.read_text()) for path in folder.glob("runs/*/*/*/config.yaml")]
    assert sorted(config["seed_everything"] for config in configs) == [3, 4]
    main([str(jobs), str(folder), "--minutes", "0.02"])
    later = [json.loads(line)["task"] for line in capsys.readouterr().out.splitlines()]
    assert set(later) <= {"wrong seed 0", "long seed 0"}


def test_the_shipped_jobs_are_read() -> None:
    path = Path(__file__).parents[1] / "benchmarks" / "cifar100_jobs.yaml"
    overlays, jobs = read_jobs(path)
    assert overlays == ["gpu"]
    assert len({job.name for job in jobs}) == len(jobs)
