"""Tests, searches and runs within some minutes of a machine, in order of worth.

    python benchmarks/timed_jobs.py benchmarks/cifar100_jobs.yaml FOLDER --minutes 10 --workers 3

The YAML lists the jobs, see `Job` and `Search`. A task is begun only where the time left is enough;
searches are judged on the validation split, and the runs that count have seeds of their own.
FOLDER gets `log.jsonl`, a line a task, a table in `results.md`, what each task printed, and the
runs, those of searches apart. The same command later does what is missing.

Workers share the device, so seconds are those of runs that share it, except of jobs that are
`alone`.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from job_list import Plan, Planned, described, read_jobs
from job_worker import Worker

from imgcls import Row, markdown, printed


class Session:
    """Hands tasks to workers until none is left for which there is time.

    Args:
        plan: The tasks.
        folder: Of the log.
        seconds: That there are.
        workers: How many.
    """

    def __init__(self, plan: Plan, folder: Path, seconds: float, workers: int) -> None:
        self.plan = plan
        self.log = folder / "log.jsonl"
        self.page = folder / "results.md"
        self.deadline = time.monotonic() + seconds
        self.workers = [Worker() for _ in range(workers)]
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        earlier = [json.loads(line) for line in lines]
        self.rows = [each for each in earlier if each["status"] == "done"]
        self.done: dict[str, dict[str, Any]] = {each["task"]: each for each in self.rows}
        self.took: dict[str, float] = {}  # seconds of a job's last task
        self.is_alone = False  # what runs

    def run(self) -> None:
        """Run all tasks."""
        try:
            while self._begin_tasks() or any(worker.task for worker in self.workers):
                time.sleep(0.05)
                self._collect()
                if time.monotonic() > self.deadline:
                    break
        finally:
            for worker in self.workers:
                if worker.task:
                    self._note(worker.task.key, {"status": "stopped"}, worker.began)
                worker.stop()

    def _begin_tasks(self) -> bool:
        """Give free workers what comes next; return whether any task is left."""
        running = {worker.task.key for worker in self.workers if worker.task}
        left = [each for each in self.plan.open(self.done) if each.task.key not in running]
        free = [worker for worker in self.workers if worker.task is None]
        for planned in left:
            if self._is_too_late(planned):
                self._note(planned.task.key, {"status": "no time left"}, time.monotonic())
                continue
            if not free or self.is_alone or (planned.alone and running):
                break  # what is to be alone is not overtaken: it would wait for ever
            self.is_alone = planned.alone
            free.pop().start(planned.task, time.monotonic())
            running.add(planned.task.key)
        return bool(left)

    def _is_too_late(self, planned: Planned) -> bool:
        expected = self.took.get(planned.job.name, planned.job.seconds)
        return time.monotonic() + expected > self.deadline

    def _collect(self) -> None:
        for worker in self.workers:
            task = worker.task
            if task is None or (reached := worker.finished()) is None:
                continue
            self.is_alone = False
            self.took[self._job_name(task.key)] = time.monotonic() - worker.began
            self._note(task.key, reached, worker.began)

    def _job_name(self, key: str) -> str:
        return max((job.name for job in self.plan.jobs if key.startswith(job.name)), key=len)

    def _note(self, key: str, reached: dict[str, Any], began: float) -> None:
        seconds = round(time.monotonic() - began, 1)
        others = sum(worker.task is not None for worker in self.workers)
        row = {"task": key, "seconds": seconds, "others": others, **reached}
        self.done[key] = row
        self.rows.append(row)
        with self.log.open("a") as log:
            log.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)
        table = markdown([table_row(each) for each in self.rows])
        self.page.write_text(f"{table}\n\n{self.choices()}\n")

    def choices(self) -> str:
        """Return which variant of each search was chosen on the validation split."""
        lines = [
            f"* {job.name}: {described(chosen) or 'as the config has it'}"
            for job in self.plan.jobs
            if job.search and (chosen := self.plan.chosen(job, self.done)) is not None
        ]
        return "\n".join(["Chosen on the validation split so far:", "", *lines])


def table_row(row: dict[str, Any]) -> Row:
    """Return a row of the table."""
    scores = [f"{row[split]:.2%}" if split in row else "" for split in ("val", "test")]
    cost = f"{row['train_petaflops']:.4f}" if "train_petaflops" in row else ""
    texts = [row["status"], *scores, cost, str(row.get("train_seconds", "")), str(row["seconds"])]
    headings = ("status", "validation", "test", "PFLOP", "seconds of training", "seconds in all")
    last = {"others": str(row["others"]), "note": row.get("line", row.get("run", ""))}
    return printed({"task": row["task"]}, {**dict(zip(headings, texts, strict=True)), **last})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the jobs of a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("jobs", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args(arguments)
    folder = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    overlays, jobs = read_jobs(options.jobs)
    plan = Plan(overlays, jobs, folder)
    Session(plan, folder, 60 * options.minutes, options.workers).run()


if __name__ == "__main__":
    main()
