"""Folders of older runs, read as today's are. It needs no torch."""

import re
from pathlib import Path
from typing import Any

from imgcls.errors import InputError

FORMAT = 1  # of config.yaml and result.json; files without a `format_version` are older
KEY = "format_version"


def migrated(content: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return what a run's ``config.yaml`` or ``result.json`` says, in today's format.

    Args:
        content: What the file holds; left as it is.
        file: Where it lies, for the message.

    Raises:
        InputError: A newer imgcls wrote it.
    """
    version = content.get(KEY, 0)
    if version > FORMAT:
        raise InputError(
            f"{file} has format {version}, this imgcls reads up to {FORMAT}: install a newer imgcls"
        )
    return _from_0(content) if version < 1 else content


def _from_0(content: dict[str, Any]) -> dict[str, Any]:
    """Return what runs held before there were versions, as format 1 has it."""
    new = {**content, KEY: 1}
    if "device" in new:  # runs of one thread saved "1 threads"
        new["device"] = re.sub(r"\b1 threads", "1 thread", new["device"])
    return new
