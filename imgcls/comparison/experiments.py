"""Runs that differ in the seed alone, taken together as an experiment."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, NamedTuple

from imgcls.errors import InputError
from imgcls.runs.recipe import first_difference

Result = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """Runs of one name that differ in the seed alone.

    Attributes:
        name: What ``--name``, or the config's file name, called it.
        seen_in_training: Whether the test set was looked at in each epoch (``validate_on: test``).
        runs: Their results, at least one.
    """

    name: str
    seen_in_training: bool
    runs: list[Result]

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


class Difference(NamedTuple):
    """By how many points an experiment's mean accuracy is above another's.

    Attributes:
        mean: In points.
        std: Its sample standard deviation; None with fewer than two seeds on either side.
        paired: Whether it was taken seed by seed.
    """

    mean: float
    std: float | None
    paired: bool


def group(results: Sequence[Result]) -> list[Experiment]:
    """Return the experiments of some runs, sorted by data set and name.

    A run that repeats the seed and all scores of another is left out: it is no new measurement.

    Raises:
        InputError: Two runs of one name differ in more than the seed.
    """
    groups: defaultdict[tuple[str, bool], list[Result]] = defaultdict(list)
    for result in results:
        runs = groups[result["experiment"], result.get("validated_on") == "test"]
        if runs:
            _check_alike(runs[0], result)
        if not any(_repeats(result, other) for other in runs):
            runs.append(result)
    experiments = [Experiment(*key, runs) for key, runs in groups.items()]
    return sorted(experiments, key=lambda each: (each.data, each.name, each.seen_in_training))


def difference(experiment: Experiment, baseline: Experiment, split: str) -> Difference | None:
    """Return the difference of two experiments' mean accuracies, None where one was not scored.

    With the same two or more seeds on both sides, each run once, it is the mean of the differences
    of runs of the same seed, with their standard deviation. Otherwise it is the difference of the
    means, whose standard deviation is the root of the sum of both variances.
    """
    ours, theirs = experiment.scored(split), baseline.scored(split)
    if not (ours and theirs):
        return None
    one, other = (
        {run["seed"]: 100 * run[split]["accuracy"] for run in runs} for runs in (ours, theirs)
    )
    each_once = len(one) == len(ours) and len(other) == len(theirs)
    enough = min(len(one), len(other)) > 1
    if enough and each_once and one.keys() == other.keys():
        pairs = [one[seed] - other[seed] for seed in one]
        return Difference(mean(pairs), stdev(pairs), paired=True)
    accuracies = experiment.accuracies(split), baseline.accuracies(split)
    std = math.hypot(*map(stdev, accuracies)) if enough else None
    return Difference(mean(accuracies[0]) - mean(accuracies[1]), std, paired=False)


def _repeats(one: Result, other: Result) -> bool:
    keys = ("seed", "train", "val", "test")
    return all(one.get(key) == other.get(key) for key in keys)


def _check_alike(one: Result, other: Result) -> None:
    facts = (
        {
            **{key: run[key] for key in ("model", "data", "parameters")},
            "training images": run.get("train", {}).get("images"),
        }
        for run in (one, other)
    )
    recipes = (run.get("recipe", {}) for run in (one, other))
    if change := first_difference(*facts) or first_difference(*recipes):
        key, value, other_value = change
        raise InputError(
            f"{one['folder']} and {other['folder']} are both of {one['experiment']!r}, but differ "
            f"in {key}: {value} and {other_value}; give them different --name, or compare one alone"
        )
