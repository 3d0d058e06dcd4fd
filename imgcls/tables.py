"""A table written as Markdown, CSV or LaTeX, and read back from Markdown."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Value = str | int | float | None

LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
        "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        "±": r"$\pm$", "<": r"\textless{}", ">": r"\textgreater{}",
    }
)  # fmt: skip


class Cell(NamedTuple):
    """What stands in a row under one heading.

    Attributes:
        text: As people read it, in Markdown and LaTeX.
        values: The same as one or more columns of a CSV, by name; all cells under a heading have
            the same names. A heading without any text among its values is written to the right.
    """

    text: str
    values: dict[str, Value]


Row = dict[str, Cell]  # by heading; all rows of a table have the same headings


def printed(words: Mapping[str, str], numbers: Mapping[str, str]) -> Row:
    """Return a row for people alone, by heading: words to the left, then numbers to the right."""
    return {
        **{heading: Cell(text, {heading: text}) for heading, text in words.items()},
        **{heading: Cell(text, {}) for heading, text in numbers.items()},
    }


def markdown(rows: Sequence[Row]) -> str:
    """Return a table of GitHub's Markdown."""
    rule = ["---:" if right else "---" for right in _to_the_right(rows)]
    texts = [[cell.text.replace("|", r"\|") for cell in row.values()] for row in rows]
    head, *body = (f"| {' | '.join(texts)} |" for texts in [list(rows[0]), *texts])
    return "\n".join([head, f"|{'|'.join(rule)}|", *body])


def read_markdown(text: str) -> list[dict[str, str]]:
    """Return the rows of a table that `markdown` wrote, texts by heading; other lines are left."""
    lines = [line.strip("|") for line in text.splitlines() if line.startswith("|")]
    cells = [
        [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
        for line in lines
    ]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def comma_separated(rows: Sequence[Row]) -> str:
    """Return a CSV of plain values; what is None stays empty."""
    records = [
        {name: value for cell in row.values() for name, value in cell.values.items()}
        for row in rows
    ]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue().rstrip("\n")


def latex(rows: Sequence[Row]) -> str:
    """Return a ``tabular`` of LaTeX's package booktabs."""
    columns = "".join("r" if right else "l" for right in _to_the_right(rows))
    texts = [list(rows[0]), *([cell.text for cell in row.values()] for row in rows)]
    head, *body = (" & ".join(text.translate(LATEX) for text in line) + r" \\" for line in texts)
    begin, end = rf"\begin{{tabular}}{{{columns}}}", r"\end{tabular}"
    return "\n".join([begin, r"\toprule", head, r"\midrule", *body, r"\bottomrule", end])


WRITERS: dict[str, Callable[[Sequence[Row]], str]] = {
    "markdown": markdown,
    "csv": comma_separated,
    "latex": latex,
}


def _to_the_right(rows: Sequence[Row]) -> list[bool]:
    columns = zip(*(row.values() for row in rows), strict=True)
    return [
        not any(isinstance(value, str) for cell in cells for value in cell.values.values())
        for cells in columns
    ]
