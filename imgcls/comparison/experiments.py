"""Experiments: runs that differ only in the seed."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import Any, NamedTuple

from imgcls.errors import InputError
from imgcls.runs.recipe import first_difference
from imgcls.runs.run import Run

Result = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """Runs of one name that differ only in the seed.

    Attributes:
        name: Name, given by ``--name`` or by the config's file name.
        seen_in_training: Whether each epoch was validated on the test set (``validate_on: test``).
        runs: Results of the runs, at least one, and one per seed.
        left_out: Results of further runs with these seeds.
    """

    name: str
    seen_in_training: bool
    runs: list[Result]
    left_out: list[Result] = field(default_factory=list)

    @property
    def evaluations(self) -> int:
        """Number of test-set evaluations of models with this name, including other recipes."""
        return max(int(run.get("evaluations", 0)) for run in [*self.runs, *self.left_out])

    @property
    def data(self) -> str:
        """Name of the data set."""
        return str(self.runs[0]["data"])

    def scored(self, split: str) -> list[Result]:
        """Return the runs that were scored on a split."""
        return [run for run in self.runs if split in run]

    def accuracies(self, split: str) -> list[float]:
        """Return the accuracies of the runs that were scored on a split, in %."""
        return [100 * run[split]["accuracy"] for run in self.scored(split)]

    def seconds(self) -> dict[tuple[str, str], float]:
        """Return the mean seconds of training on each device and in each precision."""
        times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for run in self.runs:
            times[run["device"], run["precision"]].append(run["train_seconds"])
        return {key: mean(times[key]) for key in sorted(times)}


class Difference(NamedTuple):
    """Difference of the mean accuracies of two experiments, in percentage points.

    Attributes:
        mean: The difference.
        std: Its sample standard deviation; None with fewer than two seeds on either side.
        paired: Whether it was computed seed by seed.
    """

    mean: float
    std: float | None
    paired: bool


def group(results: Sequence[Result]) -> list[Experiment]:
    """Return the experiments of some runs, sorted by data set and name.

    Of several runs with one seed only one counts: a tested run first, then the oldest.

    Raises:
        InputError: Two runs with one name differ in more than the seed.
    """
    groups: defaultdict[tuple[str, bool], list[Result]] = defaultdict(list)
    for result in results:
        runs = groups[result["experiment"], result.get("validated_on") == "test"]
        if runs:
            _check_alike(runs[0], result)
        runs.append(result)
    experiments = [Experiment(*key, *_one_a_seed(runs)) for key, runs in groups.items()]
    return sorted(experiments, key=lambda each: (each.data, each.name, each.seen_in_training))


def repeats(experiments: Sequence[Experiment]) -> list[str]:
    """Return a line for each run that does not count: its folder, and that of the counting run."""
    return [
        f"left out: {run['folder']} repeats seed {run['seed']} of {counted['folder']}"
        for experiment in experiments
        for run in experiment.left_out
        for counted in experiment.runs
        if counted["seed"] == run["seed"]
    ]


def difference(experiment: Experiment, baseline: Experiment, split: str) -> Difference | None:
    """Return the difference of two experiments' mean accuracies, None if one was not scored.

    With the same two or more seeds on both sides it is the mean of the differences of runs of the
    same seed, with their standard deviation. Otherwise it is the difference of the means, whose
    standard deviation is the root of the sum of both variances.
    """
    one, other = (
        {run["seed"]: 100 * run[split]["accuracy"] for run in each.scored(split)}
        for each in (experiment, baseline)
    )
    if not (one and other):
        return None
    enough = min(len(one), len(other)) > 1
    if enough and one.keys() == other.keys():
        pairs = [one[seed] - other[seed] for seed in one]
        return Difference(mean(pairs), stdev(pairs), paired=True)
    std = math.hypot(stdev(one.values()), stdev(other.values())) if enough else None
    return Difference(mean(one.values()) - mean(other.values()), std, paired=False)


def _one_a_seed(results: list[Result]) -> tuple[list[Result], list[Result]]:
    """Return the counting run of each seed, and the other runs; a repeated folder is one run."""
    counted: dict[int, Result] = {}
    for result in sorted(results, key=_rank):
        counted.setdefault(result["seed"], result)
    repeated = {
        run: result
        for result in results
        if (run := Run(result["folder"])) != Run(counted[result["seed"]]["folder"])
    }
    return [each for each in results if each is counted[each["seed"]]], list(repeated.values())


def _rank(result: Result) -> tuple[bool, bool, int]:
    """Return a sort key; the counting run of a seed comes first: tested, numbered, oldest."""
    number = Run(result["folder"]).number
    return "test" not in result, number < 0, number


def _check_alike(one: Result, other: Result) -> None:
    metadata = (
        {
            **{key: run[key] for key in ("model", "data", "parameters")},
            "training images": run.get("train", {}).get("images"),
        }
        for run in (one, other)
    )
    recipes = (run.get("recipe", {}) for run in (one, other))
    if change := first_difference(*metadata) or first_difference(*recipes):
        key, value, other_value = change
        raise InputError(
            f"{one['folder']} and {other['folder']} are both of {one['experiment']!r}, but differ "
            f"in {key}: {value} and {other_value}; give them different --name, or compare one alone"
        )
