"""An experiment as a row of a table."""

import math
from statistics import mean, stdev

from imgcls.comparison.experiments import Experiment, Result, difference
from imgcls.tables import Cell, Row

HEADINGS = {"test": "test accuracy", "val": "validation accuracy", "train": "train accuracy"}
UNSCORED = {"test": "not tested", "val": "not validated", "train": "-"}


def experiment_row(
    experiment: Experiment, split: str, baseline: Experiment | None, with_weights: bool
) -> Row:
    """Return an experiment's row; the standard deviation over its runs follows ±.

    Args:
        experiment: The experiment.
        split: ``test`` or ``val``: the accuracy that is shown and compared with the baseline.
            An experiment that was not tested shows its validation accuracy, marked as such.
        baseline: Adds a column with the difference to it, in points.
        with_weights: Adds a column with the scored weights, best or last.
    """
    runs = experiment.runs
    first = runs[0]
    flops = first["flops_per_image"]
    row = {
        "experiment": Cell(
            experiment.name,
            {"experiment": experiment.name, "seen_in_training": experiment.seen_in_training},
        ),
        "model": Cell(first["model"], {"model": first["model"]}),
        "data": Cell(experiment.data, {"data": experiment.data}),
        HEADINGS[split]: _tested(experiment) if split == "test" else _accuracy(experiment, split),
        "standard error": _standard_error(experiment, split),
    }
    if baseline:
        row["difference"] = _difference(experiment, baseline, split)
    row |= {
        HEADINGS["train"]: _accuracy(experiment, "train"),
        "seeds": Cell(str(len(runs)), {"seeds": len(runs)}),
    }
    if split == "test":
        row["evaluations"] = Cell(
            str(experiment.evaluations), {"evaluations": experiment.evaluations}
        )
        row["tuned with"] = _tuning(runs)
    row |= {
        "parameters": Cell(f"{first['parameters']:,}", {"parameters": first["parameters"]}),
        "MFLOP per image": Cell(f"{flops / 1e6:.1f}", {"flops_per_image": flops}),
        "epochs": _epochs([run["epochs"] for run in runs]),
        "time": _time(experiment),
        "device": _device(runs),
    }
    if with_weights:
        kinds = "; ".join(sorted({weights(run) for run in runs}))
        row["weights"] = Cell(kinds, {"weights": kinds})
    return row


def weights(run: Result) -> str:
    """Return the scored weights of a run: ``best`` or ``last``."""
    return str(run["weights"]).partition(",")[0]


def durations(experiment: Experiment) -> dict[tuple[str, str], str]:
    """Return the mean time of training on each device and in each precision, as text."""
    return {key: _duration(seconds) for key, seconds in experiment.seconds().items()}


def standard_error(experiment: Experiment, split: str) -> float | None:
    """Return the standard error of the mean accuracy in points, None with fewer than two runs."""
    accuracies = experiment.accuracies(split)
    return stdev(accuracies) / math.sqrt(len(accuracies)) if len(accuracies) > 1 else None


def _tested(experiment: Experiment) -> Cell:
    """Return the test accuracy, else the validation accuracy, marked as such."""
    test, val = (_accuracy(experiment, split) for split in ("test", "val"))
    untested = experiment.scored("val") and not experiment.scored("test")
    text = f"{val.text} on validation, not tested" if untested else test.text
    return Cell(text, {**test.values, **val.values})


def _standard_error(experiment: Experiment, split: str) -> Cell:
    error = standard_error(experiment, split if experiment.scored(split) else "val")
    return Cell("-" if error is None else f"{error:.2f}", {})


def _accuracy(experiment: Experiment, split: str) -> Cell:
    """Return mean and standard deviation, or the accuracy of a single run with its interval."""
    scores = [run[split] for run in experiment.scored(split)]
    accuracies = experiment.accuracies(split)
    average = std = low = high = None
    text = UNSCORED[split]
    if len(scores) > 1:
        average, std = mean(accuracies), stdev(accuracies)
        text = f"{average:.2f} ± {std:.2f} %"
    elif scores:
        average = accuracies[0]
        low, high = (100 * end for end in scores[0]["accuracy_interval"])
        text = f"{average:.2f} % ({low:.1f} to {high:.1f})"
    if 0 < len(scores) < len(experiment.runs):
        text += f", {len(scores)} of {len(experiment.runs)} runs"
    if scores and split == "test" and experiment.seen_in_training:
        text += " (seen in training)"
    numbers = {
        "mean": average, "std": std, "sem": standard_error(experiment, split), "low": low,
        "high": high, "runs": len(scores),
    }  # fmt: skip
    return Cell(text, {f"{split}_accuracy_{name}": _plain(x) for name, x in numbers.items()})


def _tuning(runs: list[Result]) -> Cell:
    """Return the trainings and operations that tuned the recipe; "-" if not counted."""
    efforts = [run["tuned_with"] for run in runs if run.get("tuned_with")]
    if not efforts:
        return Cell("-", {"tuning_trainings": None, "tuning_petaflops": None})
    effort = max(efforts, key=lambda each: each["trainings"])
    trainings, petaflops = effort["trainings"], effort["petaflops"]
    text = f"{trainings:,} training{'s' * (trainings != 1)}"
    if petaflops is not None:
        text += f", {petaflops:.3g} PFLOP"
    return Cell(text, {"tuning_trainings": trainings, "tuning_petaflops": petaflops})


def _difference(experiment: Experiment, baseline: Experiment, split: str) -> Cell:
    change = None
    if experiment is baseline:
        text = "baseline"
    elif experiment.data != baseline.data:
        text = "other data"
    elif change := difference(experiment, baseline, split):
        std = "" if change.std is None else f" ± {change.std:.2f}"
        text = f"{change.mean:+z.2f}{std} points{', paired' if change.paired else ''}"
    else:
        text = "-"
    average, deviation, paired = change or (None, None, None)
    return Cell(
        text,
        {
            "difference_mean": _plain(average),
            "difference_std": _plain(deviation),
            "difference_paired": paired,
        },
    )


def _epochs(epochs: list[int]) -> Cell:
    low, high = min(epochs), max(epochs)  # they differ if runs stop early
    text = str(low) if low == high else f"{low} to {high}"
    return Cell(text, {"epochs": _plain(mean(epochs))})


def _time(experiment: Experiment) -> Cell:
    """Return the mean time of training, by device if devices differ."""
    times = durations(experiment)
    if len(times) == 1:
        (seconds,), (text,) = experiment.seconds().values(), times.values()
        return Cell(text, {"seconds": round(seconds, 2)})
    alike = len({precision for _, precision in times}) == 1
    text = "; ".join(
        f"{time} ({device if alike else f'{device}, {precision}'})"
        for (device, precision), time in times.items()
    )
    return Cell(text, {"seconds": None})


def _duration(seconds: float) -> str:
    """Return a time in seconds below a minute, else in minutes: 5.6 s, 12.8 min."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def _device(runs: list[Result]) -> Cell:
    """Return device and precision of the runs, each combination once."""
    pairs = sorted({(run["device"], run["precision"]) for run in runs})
    devices, precisions = ("; ".join(dict.fromkeys(each)) for each in zip(*pairs, strict=True))
    return Cell("; ".join(map(", ".join, pairs)), {"device": devices, "precision": precisions})


def _plain(number: float | None) -> float | None:
    """Return a number rounded to six decimals, which removes rounding errors."""
    return None if number is None else round(number, 6)
