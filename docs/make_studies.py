"""Copy the tables of kept studies and runs into docs/studies.md, whose words are written by hand.

python docs/make_studies.py
"""

from pathlib import Path
from statistics import mean

from imgcls.comparison.marked_page import fill_marks
from imgcls.comparison.table import comparison_table, read_runs
from imgcls.runs.find import finished_runs
from imgcls.tables import markdown, printed, read_markdown

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "lightning_logs"
COLUMNS = (
    "experiment", "validation accuracy", "test accuracy", "difference", "train accuracy", "seeds",
    "MFLOP a picture", "minutes", "time",
)  # fmt: skip


def short_table(table: str) -> str:
    """Return what matters of a table that `imgcls.comparison.table` wrote."""
    rows = read_markdown(table)
    columns = [column for column in COLUMNS if column in rows[0]]
    return markdown([printed({column: row[column] for column in columns}, {}) for row in rows])


def seconds(experiment: str) -> float:
    """Return how long the kept runs of an experiment trained on average."""
    runs = finished_runs(RUNS, experiment)
    return mean(run.result["train_seconds"] for run in runs)


def study_table(study: str) -> str:
    """Return the table of a kept study, its trials without the study's name.

    Where there is a baseline, the last column has the seconds of training more than it took.
    """
    file = RUNS / study / "table.md"
    if not file.is_file():
        return "The sweep has not ended yet."
    rows = read_markdown(short_table(file.read_text()))
    base = seconds(rows[0]["experiment"])
    for row in rows:
        if "difference" in row:
            row["more seconds"] = f"{seconds(row['experiment']) - base:+.0f}"
        row["experiment"] = row["experiment"].removeprefix(f"{study}.").replace("_", " ")
    return markdown([printed(row, {}) for row in rows])


def runs_table(experiments: str) -> str:
    """Return the table of kept runs: experiments with spaces between, the baseline first."""
    names = experiments.split()
    folders = [run for name in names for run in finished_runs(RUNS, name)]
    return short_table(comparison_table(read_runs(folders), baseline=names[0]))


def main() -> None:
    """Fill in each table between its marks."""
    page = ROOT / "docs" / "studies.md"
    fill_marks(page, "table", study_table)
    fill_marks(page, "runs", runs_table)


if __name__ == "__main__":
    main()
