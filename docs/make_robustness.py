"""Write the accuracies of a study's saved runs on corrupted test images into docs/studies.md.

It reads the runs that were tested by: imgcls test --ckpt_path RUN --trainer.callbacks+=Robustness

python docs/make_robustness.py
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from matplotlib.figure import Figure

from imgcls.comparison.experiments import Experiment, Result, group
from imgcls.comparison.marked_page import fill_marks
from imgcls.comparison.table import read_runs
from imgcls.plots import shift_curves
from imgcls.runs.run import Run
from imgcls.tables import Cell, Row, markdown

ROOT = Path(__file__).parents[1]


def tested(study: str, logs: Path) -> list[Experiment]:
    """Return the experiments of a study with their runs that were tested on corrupted images."""
    folders = sorted(logs.glob(f"{study}.*/version_*"))
    corrupted = [folder for folder in folders if "test_shifted" in Run(folder).result]
    if not corrupted:
        raise SystemExit(
            f"no run of {study} in {logs} was tested on corrupted images: run 'imgcls test "
            "--ckpt_path RUN --trainer.callbacks+=Robustness' for the runs to be shown"
        )
    return group(read_runs(corrupted))


def short(experiment: Experiment, study: str) -> str:
    """Return an experiment's name without the study's."""
    return experiment.name.removeprefix(f"{study}.").replace("_", " ")


def accuracy(fractions: Sequence[float]) -> Cell:
    """Return mean and standard deviation of fractions, one per run, as a cell in %."""
    reached = [100 * fraction for fraction in fractions]
    std = f" ± {stdev(reached):.2f}" if len(reached) > 1 else ""
    return Cell(f"{mean(reached):.2f}{std} %", {"accuracy": mean(reached)})


def row(experiment: Experiment, study: str) -> Row:
    """Return test accuracy, and that under each corruption, the mean over its severities."""
    runs = experiment.runs
    return {
        "experiment": Cell(short(experiment, study), {"experiment": experiment.name}),
        "test accuracy": accuracy([run["test"]["accuracy"] for run in runs]),
        **{
            name: accuracy([mean(run["test_shifted"][name]) for run in runs])
            for name in runs[0]["test_shifted"]
        },
        "seeds": Cell(str(len(runs)), {"seeds": len(runs)}),
    }


def curves(experiments: Sequence[Experiment], study: str) -> Figure:
    """Return the figure of accuracy over severity; severity 0 is the plain test accuracy."""

    def of_run(run: Result) -> dict[str, list[float]]:
        plain = run["test"]["accuracy"]
        return {name: [plain, *reached] for name, reached in run["test_shifted"].items()}

    lines = {short(each, study): [*map(of_run, each.runs)] for each in experiments}
    first = experiments[0].runs[0]
    return shift_curves(lines, f"{first['model']} on {first['data']}: corrupted test images")


def section(study: str, logs: Path) -> str:
    """Draw a study's figure, and return the text between its marks."""
    experiments = tested(study, logs)
    file = logs / study / "robustness.svg"
    file.parent.mkdir(exist_ok=True)
    curves(experiments, study).savefig(file)
    table = markdown([row(each, study) for each in experiments])
    words = "Accuracy over the severity of each corruption"
    return f"![{words}](../{logs.name}/{study}/{file.name})\n\n{table}"


def write(page: Path, logs: Path) -> None:
    """Write each study's figure and table between its marks in a page."""
    fill_marks(page, "robustness", lambda study: section(study, logs))


if __name__ == "__main__":
    write(ROOT / "docs" / "studies.md", ROOT / "lightning_logs")
