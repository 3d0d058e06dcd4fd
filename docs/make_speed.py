"""Write into docs/benchmarks.md what the kept runs of the quick recipes reached, and at what cost.

The mean of six views is that of runs which were tested with
--trainer.callbacks+=TestTimeAugmentation.

python docs/make_speed.py
"""

from pathlib import Path
from statistics import mean

from imgcls.compare import read_runs, write_between_marks
from imgcls.experiment_rows import experiment_row
from imgcls.experiments import Experiment, group
from imgcls.tables import Cell, Row, markdown

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- speed: written by docs/make_speed.py -->", "<!-- end of speed -->"
COLUMNS = ("experiment", "test accuracy", "seeds", "parameters", "epochs", "time", "device")


def row(experiment: Experiment) -> Row:
    """Return the accuracies, plain and of the mean answer to six views, and what they cost."""
    told = experiment_row(experiment, "test", baseline=None, with_weights=False)
    views = [100 * run["test_tta"]["accuracy"] for run in experiment.scored("test_tta")]
    average = mean(views) if views else None
    cost = mean(run["train_petaflops"] for run in experiment.runs)
    rate = 1e6 * cost / mean(run["train_seconds"] for run in experiment.runs)
    cells = {column: told[column] for column in COLUMNS}
    return {
        **{column: cells.pop(column) for column in COLUMNS[:2]},
        "mean of six views": Cell(f"{average:.2f} %" if views else "-", {"tta": average}),
        **cells,
        "PFLOP": Cell(f"{cost:.3f}", {"train_petaflops": cost}),
        "GFLOP/s": Cell(f"{rate:.0f}", {"gigaflops_per_second": rate}),
    }


def write(page: Path, logs: Path) -> None:
    """Fill in the table between its marks in a page."""
    folders = sorted(logs.glob("*_speed*/version_*"))
    tested = [run for run in read_runs(folders) if "test" in run]
    rows = [row(experiment) for experiment in group(tested)]
    write_between_marks(page, markdown(rows), BEGIN, END)


if __name__ == "__main__":
    write(ROOT / "docs" / "benchmarks.md", ROOT / "lightning_logs")
