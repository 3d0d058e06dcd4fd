"""A Markdown page whose words are written by hand, and what programs write between its marks."""

import re
from collections.abc import Callable
from pathlib import Path

from imgcls.runs import write_whole


def fill_marks(path: Path, kind: str, text_of: Callable[[str], str]) -> None:
    """Replace what is between each ``<!-- kind: subject -->`` and its ``<!-- end of kind -->``.

    Args:
        path: The page.
        kind: Of the marks, a word.
        text_of: Returns what belongs between the marks of a subject.
    """
    marks = re.compile(
        rf"(<!-- {kind}: ([^\n]+) -->\n).*?(<!-- end of {kind} -->)", flags=re.DOTALL
    )
    text = marks.sub(lambda found: f"{found[1]}{text_of(found[2])}\n{found[3]}", path.read_text())
    write_whole(path, text)
