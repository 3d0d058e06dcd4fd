"""Jobs as a YAML lists them, and the tasks that they are made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import yaml
from job_worker import Task, flags_of

Done = Mapping[str, Mapping[str, Any]]  # what each finished task reached, by key


@dataclass(frozen=True)
class Search:
    """Variants of which the validation split chooses one, to be trained with other seeds.

    Attributes:
        variants: Settings of each, laid over those of the job; the first wins a tie.
        seeds: Each variant is trained with all of them.
        most_petaflops: A variant that costs more is not chosen.
        target: An accuracy, in [0, 1]. Of the variants that reach it the cheapest is chosen, and
            only where none does the most accurate.
    """

    variants: Sequence[Mapping[str, Any]]
    seeds: Sequence[int] = (100,)
    most_petaflops: float = float("inf")
    target: float = 1.0


@dataclass(frozen=True)
class Job:
    """A command, or runs of one config.

    Attributes:
        name: No other job has it.
        seconds: A first estimate of one task, for whether there is time for it.
        command: A command with its arguments, in place of a config.
        config: Name or path.
        settings: Flags of the command without their dashes, and their values.
        search: What is tried before the seeds below.
        seeds: Of the runs that count.
        test: Whether these are tested.
        alone: Whether they are trained alone, so that their seconds can be compared.
    """

    name: str
    seconds: float
    command: Sequence[str] = ()
    config: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    search: Search | None = None
    seeds: Sequence[int] = (0,)
    test: bool = True
    alone: bool = False


@dataclass(frozen=True)
class Planned:
    """A task and when it may run."""

    task: Task
    job: Job
    alone: bool = False


def read_jobs(path: Path) -> tuple[list[str], list[Job]]:
    """Return the configs that are laid over every run's, and the jobs, in order of worth."""
    content = yaml.safe_load(path.read_text())
    jobs = []
    for listed in content["jobs"]:
        search = Search(**listed["search"]) if "search" in listed else None
        jobs.append(Job(**{**listed, "search": search}))
    return list(content.get("overlays", [])), jobs


def described(variant: Mapping[str, Any]) -> str:
    """Return a variant in a few words."""
    return ", ".join(f"{name.rpartition('.')[2]}={value}" for name, value in variant.items())


class Plan:
    """Which tasks there are, given those that are done.

    Args:
        overlays: Configs laid over every run's.
        jobs: In order of worth.
        folder: Of the results.
    """

    def __init__(self, overlays: Sequence[str], jobs: Sequence[Job], folder: Path) -> None:
        self.overlays = overlays
        self.jobs = jobs
        self.folder = folder

    def open(self, done: Done) -> Iterator[Planned]:
        """Yield the tasks that can be begun, in order of worth.

        The seeds of a job with a search wait for its end.

        Args:
            done: All tasks that are finished, failed or left out.
        """
        for job in self.jobs:
            if job.command:
                planned = [Planned(Task(job.name, job.command, (), False, self.folder), job)]
            elif job.search and any(each.task.key not in done for each in self._trials(job)):
                planned = self._trials(job)
            else:
                planned = self._finals(job, done)
            yield from (each for each in planned if each.task.key not in done)

    def chosen(self, job: Job, done: Done) -> Mapping[str, Any] | None:
        """Return the variant that the validation split chooses, None if none is there."""
        if job.search is None:
            return {}
        ranks: dict[int, tuple[bool, float]] = {}
        for number in range(len(job.search.variants)):
            keys = [self._trial_key(job, number, seed) for seed in job.search.seeds]
            reached = [done[key] for key in keys if done.get(key, {}).get("status") == "done"]
            cost = max((each["train_petaflops"] for each in reached), default=0.0)
            if len(reached) == len(keys) and cost <= job.search.most_petaflops:
                score = mean(each["val"] for each in reached)
                arrived = score >= job.search.target
                ranks[number] = arrived, -cost if arrived else score
        return job.search.variants[max(ranks, key=ranks.__getitem__)] if ranks else None

    @staticmethod
    def _trial_key(job: Job, number: int, seed: int) -> str:
        return f"{job.name} variant {number} seed {seed}"

    def _trials(self, job: Job) -> list[Planned]:
        if job.search is None:
            return []
        return [
            Planned(self._run(job, self._trial_key(job, number, seed), variant, seed, False), job)
            for number, variant in enumerate(job.search.variants)
            for seed in job.search.seeds
        ]

    def _finals(self, job: Job, done: Done) -> list[Planned]:
        variant = self.chosen(job, done)
        if variant is None:
            return []
        return [
            Planned(
                self._run(job, f"{job.name} seed {seed}", variant, seed, job.test), job, job.alone
            )
            for seed in job.seeds
        ]

    def _run(self, job: Job, key: str, variant: Mapping[str, Any], seed: int, counts: bool) -> Task:
        configs = [flag for name in (job.config, *self.overlays) for flag in ("--config", name)]
        flags = flags_of({**job.settings, **variant})
        folder = self.folder / ("runs" if " variant " not in key else "search")
        return Task(key, (), (*configs, "--seed_everything", str(seed), *flags), counts, folder)
