"""Write into docs/studies.md how accurate saved runs of a study are on corrupted test images.

Of the runs that were tested by: imgcls test --ckpt_path RUN --trainer.callbacks+=Robustness

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
    """Return the experiments of a study with those runs that were tested on corrupted images."""
    folders = sorted(logs.glob(f"{study}.*/version_*"))
    shifted = [folder for folder in folders if "test_shifted" in Run(folder).result]
    if not shifted:
        raise SystemExit(
            f"no run of {study} in {logs} was tested under corruptions: run 'imgcls test "
            "--ckpt_path RUN --trainer.callbacks+=Robustness' for those that are to be shown"
        )
    return group(read_runs(shifted))


def short(experiment: Experiment, study: str) -> str:
    """Return an experiment's name without the study's."""
    return experiment.name.removeprefix(f"{study}.").replace("_", " ")


def accuracy(fractions: Sequence[float]) -> Cell:
    """Return mean and standard deviation of fractions, one a run, as a cell in %."""
    reached = [100 * fraction for fraction in fractions]
    spread = f" ± {stdev(reached):.2f}" if len(reached) > 1 else ""
    return Cell(f"{mean(reached):.2f}{spread} %", {"accuracy": mean(reached)})


def row(experiment: Experiment, study: str) -> Row:
    """Return plain test accuracy, and that under each corruption, the mean over its severities."""
    runs = experiment.runs
    return {
        "experiment": Cell(short(experiment, study), {"experiment": experiment.name}),
        "test accuracy": accuracy([run["test"]["accuracy"] for run in runs]),
        **{
            shift: accuracy([mean(run["test_shifted"][shift]) for run in runs])
            for shift in runs[0]["test_shifted"]
        },
        "seeds": Cell(str(len(runs)), {"seeds": len(runs)}),
    }


def curves(experiments: Sequence[Experiment], study: str) -> Figure:
    """Return the figure of accuracy against severity; severity 0 is the plain test accuracy."""

    def of_run(run: Result) -> dict[str, list[float]]:
        plain = run["test"]["accuracy"]
        return {shift: [plain, *reached] for shift, reached in run["test_shifted"].items()}

    lines = {short(each, study): [*map(of_run, each.runs)] for each in experiments}
    first = experiments[0].runs[0]
    return shift_curves(lines, f"{first['model']} on {first['data']}: corrupted test images")


def section(study: str, logs: Path) -> str:
    """Draw a study's figure beside its table, and return what stands between its marks."""
    experiments = tested(study, logs)
    file = logs / study / "robustness.svg"
    file.parent.mkdir(exist_ok=True)
    curves(experiments, study).savefig(file)
    table = markdown([row(each, study) for each in experiments])
    words = "Accuracy against the severity of each corruption"
    return f"![{words}](../{logs.name}/{study}/{file.name})\n\n{table}"


def write(page: Path, logs: Path) -> None:
    """Fill in each study's figure and table between its marks in a page."""
    fill_marks(page, "robustness", lambda study: section(study, logs))


if __name__ == "__main__":
    write(ROOT / "docs" / "studies.md", ROOT / "lightning_logs")
