"""Copy the results of the saved runs into docs/results.md, README and the heads of their configs.

python docs/make_results.py
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from imgcls import main as command
from imgcls.comparison.experiments import Experiment, group
from imgcls.comparison.marked_page import fill_marks
from imgcls.comparison.rows import HEADINGS, durations, experiment_row, standard_error
from imgcls.comparison.table import read_runs
from imgcls.files import write_whole
from imgcls.tables import markdown

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "configs"
MARK = "# Result: "
SHOWN = ("data", "experiment", "model", "test accuracy", "seeds", "time", "device")


def headline(experiment: Experiment) -> str:
    """Return one comment line: accuracy, on validation if not tested, seeds, cost and device."""
    split = "test" if experiment.scored("test") else "val"
    row = experiment_row(experiment, split, baseline=None, with_weights=False)
    seeds = row["seeds"].text
    name = {"test": "test set", "val": "validation split, not tested"}[split]
    error = standard_error(experiment, split)
    counted = f"{seeds} seed{'s' * (seeds != '1')}"
    if error is not None:
        counted = f"± standard deviation of {counted}, standard error {error:.2f}"
    costs = [
        f"{time} a run on {device}, {precision}"
        for (device, precision), time in durations(experiment).items()
    ]
    return (
        f"{MARK}{row[HEADINGS[split]].text} on the {name} ({counted}), "
        f"{row['parameters'].text} parameters, {'; '.join(costs)}; kept in lightning_logs."
    )


def write_header(config: Path, line: str) -> None:
    """Write the line after the first line of a config, replacing an older one."""
    first, *rest = config.read_text().splitlines()
    rest = [each for each in rest if not each.startswith(MARK)]
    write_whole(config, "\n".join([first, line, *rest]) + "\n")


def best_rows(experiments: Sequence[Experiment]) -> str:
    """Return a table of the tested experiment of highest validation accuracy on each data set.

    Experiments on some of the classes of a data set are left out.
    """
    most = {
        each.data: max(classes(other) for other in experiments if other.data == each.data)
        for each in experiments
    }
    best: dict[str, Experiment] = {}
    for experiment in experiments:
        if not experiment.scored("test") or classes(experiment) < most[experiment.data]:
            continue
        rival = best.setdefault(experiment.data, experiment)
        if validated(experiment) > validated(rival):
            best[experiment.data] = experiment
    rows = [
        experiment_row(each, "test", baseline=None, with_weights=False) for each in best.values()
    ]
    return markdown([{column: row[column] for column in SHOWN} for row in rows])


def classes(experiment: Experiment) -> int:
    """Return the number of classes that an experiment tells apart."""
    return len(experiment.runs[0]["train"]["class_accuracy"])


def validated(experiment: Experiment) -> float:
    """Return the mean validation accuracy of the runs that have one."""
    return mean(run["val"]["accuracy"] for run in experiment.scored("val"))


def main() -> None:
    """Read every saved run whose config ships."""
    folders = sorted((ROOT / "lightning_logs").glob("*/version_*"))
    kept = [folder for folder in folders if (CONFIGS / f"{folder.parent.name}.yaml").is_file()]
    command(["compare", *map(str, kept), "--write", str(ROOT / "docs" / "results.md")])
    experiments = group(read_runs(kept))
    fill_marks(ROOT / "README.md", "best", lambda _: best_rows(experiments))
    for experiment in experiments:
        write_header(CONFIGS / f"{experiment.name}.yaml", headline(experiment))


if __name__ == "__main__":
    main()
