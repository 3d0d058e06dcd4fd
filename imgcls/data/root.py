"""The folder of data sets."""

import os
from pathlib import Path


def default_root() -> Path:
    """Return the folder of data sets: ``$IMGCLS_DATA``, else ``data`` in the working folder."""
    return Path(os.environ.get("IMGCLS_DATA") or "data").expanduser().absolute()


def found_root(remembered: str | Path | None, is_searched: bool) -> Path:
    """Return the folder that a run had its data from, or the default where it is not here.

    Args:
        remembered: As the run's config says.
        is_searched: Whether the data set may lie in any folder; else it is the folder itself, and
            no other stands in for it.
    """
    if remembered is None or (is_searched and not Path(remembered).exists()):
        return default_root()  # the run came from another machine
    return Path(remembered)
