"""Configs and studies by name: a file of the user's, or one that ships with the package."""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from imgcls.errors import InputError, did_you_mean


class Kind(NamedTuple):
    """What ships by name.

    Attributes:
        package: Where its files lie.
        noun: What one of them is called.
        asked: How a user asks for one.
        listing: What lists them all.
    """

    package: str
    noun: str
    asked: str
    listing: str


CONFIGS = Kind("imgcls.configs", "config", "--config", "imgcls configs")
STUDIES = Kind("imgcls.configs.studies", "study", "the study", "imgcls sweep")


def shipped(kind: Kind = CONFIGS) -> dict[str, Path]:
    """Return what ships of a kind by name, without ``.yaml``."""
    folder = Path(str(files(kind.package)))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_config(name: str, kind: Kind = CONFIGS) -> Path:
    """Return the file that a name means: a path of the user's goes first.

    Raises:
        InputError: There is no such file, nor a shipped one of that name.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    there = shipped(kind)
    stem = name.removesuffix(".yaml")
    if stem in there:
        return there[stem]
    raise InputError(
        f"{kind.asked} {name} is neither a file here nor a shipped {kind.noun}"
        f"{did_you_mean(stem, there)} ('{kind.listing}' lists them all)"
    )


def list_shipped(kind: Kind) -> None:
    """Print the name of each that ships with the first line of its file."""
    there = shipped(kind)
    width = max(map(len, there))
    for name, path in there.items():
        first_line = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        print(f"{name:{width}}  {first_line}")
