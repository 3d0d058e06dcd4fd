"""What an attacker would put into a checkpoint."""

from collections.abc import Callable
from pathlib import Path


class Bomb:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (Path("exploded"),)
