"""A Markdown page with hand-written text and parts between marks that programs write."""

import re
from collections.abc import Callable
from pathlib import Path

from imgcls.errors import InputError
from imgcls.files import write_whole


def fill_marks(path: Path, kind: str, text_of: Callable[[str], str]) -> None:
    """Replace the text between each ``<!-- kind: subject -->`` and its ``<!-- end of kind -->``.

    Args:
        path: Path of the page.
        kind: Kind of the marks, a word.
        text_of: Returns the text between the marks of a subject.

    Raises:
        InputError: The page has no such marks in this order, each on a line of its own.
    """
    marks = re.compile(
        rf"(<!-- {kind}: ([^\n]+) -->\n).*?(<!-- end of {kind} -->)", flags=re.DOTALL
    )
    page = path.read_text(encoding="utf-8") if path.is_file() else ""
    text, found = marks.subn(lambda each: f"{each[1]}{text_of(each[2])}\n{each[3]}", page)
    if not found:
        raise InputError(
            f"{path} has no '<!-- {kind}: ... -->' before an '<!-- end of {kind} -->': add both "
            "to it, each on a line of its own"
        )
    write_whole(path, text)
