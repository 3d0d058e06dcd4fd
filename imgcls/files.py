"""Files that are replaced whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file in one step, so that a crash or a full disk leaves the old one."""
    part = path.with_name(path.name + ".part")
    if isinstance(content, str):
        part.write_text(content, encoding="utf-8")
    else:
        part.write_bytes(content)
    os.replace(part, path)
