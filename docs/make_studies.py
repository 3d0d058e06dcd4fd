"""Copy the tables of the kept studies into docs/studies.md, whose words are written by hand.

python docs/make_studies.py
"""

import re
from pathlib import Path

from imgcls.runs import write_whole
from imgcls.tables import Cell, markdown, read_markdown

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "studies.md"
COLUMNS = (
    "experiment",
    "validation accuracy",
    "difference",
    "train accuracy",
    "seeds",
    "minutes",
    "time",
)


def short_table(study: str) -> str:
    """Return what matters of a kept study's ``table.md``, its trials without the study's name."""
    rows = read_markdown((ROOT / "lightning_logs" / study / "table.md").read_text())
    columns = [column for column in COLUMNS if column in rows[0]]
    for row in rows:
        row["experiment"] = row["experiment"].removeprefix(f"{study}.").replace("_", " ")
    return markdown(
        [{column: Cell(row[column], {column: row[column]}) for column in columns} for row in rows]
    )


def main() -> None:
    """Fill in each table between its marks."""
    marked = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
    text = marked.sub(
        lambda found: f"{found[1]}{short_table(found[2])}\n{found[3]}", PAGE.read_text()
    )
    write_whole(PAGE, text)


if __name__ == "__main__":
    main()
