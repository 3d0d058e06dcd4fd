"""A table written as aligned text, Markdown, CSV or LaTeX, and read back from Markdown."""

import csv
import io
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
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


def aligned(rows: Sequence[Row], width: int | None = None, first: Sequence[str] = ()) -> str:
    """Return a table as text in columns, for a terminal.

    Args:
        rows: At least one.
        width: Characters in a line. What does not fit is left out, which a last line tells.
        first: Headings in the order in which they find room, the others after them.
    """
    columns = {heading: [heading, *(row[heading].text for row in rows)] for heading in rows[0]}
    wide = {heading: max(map(len, texts)) for heading, texts in columns.items()}
    room = sum(wide.values()) + 2 * len(wide) if width is None else width + 2
    shown: list[str] = []
    for heading in sorted(columns, key=lambda each: [*first, each].index(each)):
        if wide[heading] + 2 <= room or not shown:
            shown.append(heading)
            room -= wide[heading] + 2
    right = dict(zip(columns, _to_the_right(rows), strict=True))
    kept = [heading for heading in columns if heading in shown]
    lines = []
    for place in range(len(rows) + 1):
        texts = [
            columns[each][place].rjust(wide[each]) if right[each]
            else columns[each][place].ljust(wide[each])
            for each in kept
        ]  # fmt: skip
        lines.append("  ".join(texts).rstrip())
    lines.insert(1, "  ".join("-" * wide[each] for each in kept))
    if hidden := [heading for heading in columns if heading not in shown]:
        lines += ["", *wrap(f"not shown, for want of room: {', '.join(hidden)}", width or 80)]
    return "\n".join(lines)


def terminal_width() -> int | None:
    """Return how many characters a line of the terminal takes, None where none is written to."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


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
    "text": aligned,
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
