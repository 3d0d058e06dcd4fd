"""Copy the tables of saved studies and runs into docs/studies.md, whose text is hand-written.

python docs/make_studies.py
"""

from pathlib import Path

from imgcls.comparison.experiments import group
from imgcls.comparison.marked_page import fill_marks
from imgcls.comparison.table import comparison_table, read_runs
from imgcls.runs.find import finished_runs
from imgcls.tables import markdown, printed, read_markdown

ROOT = Path(__file__).parents[1]
COLUMNS = (
    "experiment", "validation accuracy", "test accuracy", "standard error", "difference",
    "train accuracy", "seeds", "MFLOP per image", "minutes", "time",
)  # fmt: skip
RENAMED = {"MFLOP a picture": "MFLOP per image"}  # headings of tables that older sweeps wrote


def short_table(table: str) -> str:
    """Return some columns of a table of `imgcls.comparison.table`."""
    rows = [
        {RENAMED.get(column, column): text for column, text in row.items()}
        for row in read_markdown(table)
    ]
    columns = [column for column in COLUMNS if column in rows[0]]
    return markdown([printed({column: row[column] for column in columns}, {}) for row in rows])


def seconds(experiment: str, logs: Path) -> dict[tuple[str, str], float]:
    """Return the mean training seconds of an experiment's saved runs, by device."""
    (runs,) = group(read_runs(finished_runs(logs, experiment)))
    return runs.seconds()


def more_seconds(experiment: str, baseline: str, logs: Path) -> str:
    """Return the seconds that an experiment took longer than another, ``-`` on other devices."""
    ours, theirs = seconds(experiment, logs), seconds(baseline, logs)
    if ours.keys() != theirs.keys() or len(ours) > 1:
        return "-"
    return f"{sum(ours.values()) - sum(theirs.values()):+.0f}"


def study_table(study: str, logs: Path) -> str:
    """Return the table of a saved study, with its trials without the study's name.

    If there is a baseline, the last column has the additional seconds of training.
    """
    file = logs / study / "table.md"
    if not file.is_file():
        return "The sweep has not ended yet."
    rows = read_markdown(short_table(file.read_text()))
    base = next((row["experiment"] for row in rows if row.get("difference") == "baseline"), None)
    for row in rows:
        if base:
            row["more seconds"] = more_seconds(row["experiment"], base, logs)
        row["experiment"] = row["experiment"].removeprefix(f"{study}.").replace("_", " ")
    return markdown([printed(row, {}) for row in rows])


def runs_table(experiments: str, logs: Path) -> str:
    """Return the table of saved runs of space-separated experiments, the baseline first."""
    names = experiments.split()
    folders = [run for name in names for run in finished_runs(logs, name)]
    return short_table(comparison_table(read_runs(folders), baseline=names[0]))


def write(page: Path, logs: Path) -> None:
    """Write each table between its marks in a page."""
    fill_marks(page, "table", lambda study: study_table(study, logs))
    fill_marks(page, "runs", lambda experiments: runs_table(experiments, logs))


if __name__ == "__main__":
    write(ROOT / "docs" / "studies.md", ROOT / "lightning_logs")
