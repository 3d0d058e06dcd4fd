"""The report of a study: a table and a figure, both of the validation split."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from matplotlib.figure import Figure

from imgcls.comparison.table import comparison_table, read_runs
from imgcls.files import write_whole
from imgcls.plots import differences, influence, search_path
from imgcls.plots.influence import Accuracies
from imgcls.runs.tuning import tuning_line
from imgcls.sweep.study import Study
from imgcls.sweep.trial_runs import Outcome
from imgcls.sweep.trials import BASE, Trial, described, safe, short
from imgcls.tables import terminal_width


def write_report(study: Study, outcomes: Sequence[Outcome], logs: Path) -> None:
    """Write ``table.md``, ``influence.png`` and ``influence.svg``, and print the table."""
    folder = logs / study.name
    folder.mkdir(parents=True, exist_ok=True)
    effort = tuning_line(outcome.run for outcome in outcomes)
    chosen = f"A config chosen from this study has: `{effort}`"
    write_whole(folder / "table.md", f"{table(study, outcomes)}\n\n{chosen}\n")
    drawn = figure(study, outcomes)
    for ending in ("png", "svg"):
        drawn.savefig(folder / f"influence.{ending}", dpi=150)
    print(f"\n{table(study, outcomes, 'text')}\n\n{chosen}\n")
    if best := best_trial(outcomes):
        trial, accuracy = best
        print(f"best       {_row_name(study, trial)}, {accuracy:.2%} on the validation split")
    print(f"report     {folder}; the test set was not evaluated")


def table(study: Study, outcomes: Sequence[Outcome], form: str = "markdown") -> str:
    """Return the table of the finished runs, compared with the base, and a list of failed runs."""
    folders = [outcome.run for outcome in outcomes if outcome.run]
    names = [_row_name(study, outcome.trial) for outcome in outcomes if outcome.run]
    results = [
        {**result, "experiment": name}
        for result, name in zip(read_runs(folders), names, strict=True)
    ]
    base = f"{study.name}.{BASE.get(study.kind)}"
    lines = []
    if results:
        baseline = base if base in names else None
        lines.append(comparison_table(results, "val", baseline, form, terminal_width()))
    failed = [outcome for outcome in outcomes if not outcome.run]
    if failed:
        lines.append("\nFailed:\n")
    for trial, seed, _, failure in failed:
        lines.append(f"* {_row_name(study, trial)}, seed {seed}: {failure.partition(';')[0]}")
    return "\n".join(lines)


def best_trial(outcomes: Sequence[Outcome]) -> tuple[Trial, float] | None:
    """Return the trial with the best mean validation accuracy, and that accuracy."""
    reached = [
        (trial, accuracy)
        for trial, runs in by_trial(outcomes)
        if (accuracy := mean_accuracy(runs)) is not None
    ]
    return max(reached, key=lambda pair: pair[1], default=None)


def by_trial(outcomes: Sequence[Outcome]) -> list[tuple[Trial, list[Outcome]]]:
    """Return the trials in order, each with the outcomes of its runs."""
    runs: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        runs.setdefault(outcome.trial.name, []).append(outcome)
    return [(of_trial[0].trial, of_trial) for of_trial in runs.values()]


def mean_accuracy(outcomes: Sequence[Outcome]) -> float | None:
    """Return the mean validation accuracy of a trial's runs, None if one of them failed."""
    reached = [_accuracies(outcome) for outcome in outcomes]
    return mean(run.val for run in reached if run) if all(reached) else None


def figure(study: Study, outcomes: Sequence[Outcome]) -> Figure:
    """Return the figure for a study of this kind."""
    results = [outcome.run.result for outcome in outcomes if outcome.run]
    models, data = ({result[key]: None for result in results} for key in ("model", "data"))
    title = f"{' and '.join(models)} on {' and '.join(data)}" if results else study.name
    match study.kind:
        case "variants":
            return _differences(study, outcomes, title)
        case "search":
            return _search_path(study, outcomes, title)
        case _:
            return _influence(study, outcomes, title)


def _row_name(study: Study, trial: Trial) -> str:
    name = f"{study.name}.{trial.name}"
    return f"{name}: {described(trial)}" if study.kind == "search" else name


def _accuracies(outcome: Outcome) -> Accuracies | None:
    if outcome.run is None:
        return None
    result = outcome.run.result
    return Accuracies(result["train"]["accuracy"], result["val"]["accuracy"])


def _influence(study: Study, outcomes: Sequence[Outcome], title: str) -> Figure:
    trials = [outcome.trial for outcome in outcomes]
    base = next((trial.labels for trial in trials if trial.name == BASE.get(study.kind)), {})
    panels: dict[str, dict[str, list[Accuracies | None]]] = {}
    for key, values in study.content.items():
        apart = [base[key]] if key in base and base[key] not in values else []
        panels[short(key)] = {label: [] for label in [*apart, *values]}
    for outcome in outcomes:
        for key, label in outcome.trial.labels.items():
            panels[short(key)][label].append(_accuracies(outcome))
    return influence(panels, {short(key): label for key, label in base.items()}, title)


def _differences(study: Study, outcomes: Sequence[Outcome], title: str) -> Figure:
    by_seed: dict[str, dict[int, float | None]] = {}
    for outcome in outcomes:
        reached = _accuracies(outcome)
        by_seed.setdefault(outcome.trial.name, {})[outcome.seed] = reached and reached.val
    variants = {name: by_seed[safe(name)] for name in study.content}
    return differences(variants, by_seed[BASE["variants"]], title)


def _search_path(study: Study, outcomes: Sequence[Outcome], title: str) -> Figure:
    trials = by_trial(outcomes)
    chosen = [
        {
            short(key): trial.labels[key] if "choices" in given else trial.settings[key]
            for key, given in study.content.items()
        }
        for trial, _ in trials
    ]
    return search_path(chosen, [mean_accuracy(runs) for _, runs in trials], title)
