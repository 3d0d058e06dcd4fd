"""Modules of the user's own, which a class path may name."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_modules() -> Iterator[None]:
    """Let class paths name modules in the working folder.

    The folder comes last, so that a file of the user's hides no installed module. This is the one
    one that decides which modules beyond the installed ones a config can name: all configs
    alike, those of the command line and those that a run has saved.
    """
    folder = str(Path.cwd())
    added = folder not in sys.path
    if added:
        sys.path.append(folder)
    try:
        yield
    finally:
        if added and folder in sys.path:
            sys.path.remove(folder)
