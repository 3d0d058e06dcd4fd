"""Configs by name: a file of the user's, or one that ships with the package."""

import difflib
from importlib.resources import files
from pathlib import Path

from imgcls.errors import InputError


def shipped() -> dict[str, Path]:
    """Return the shipped configs by name, without ``.yaml``."""
    folder = Path(str(files("imgcls.configs")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find(name: str) -> Path:
    """Return the file that ``--config NAME`` means: a path of the user's goes first.

    Raises:
        InputError: There is no such file, nor a shipped config of that name.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    configs = shipped()
    stem = name.removesuffix(".yaml")
    if stem in configs:
        return configs[stem]
    near = difflib.get_close_matches(stem, configs, n=4, cutoff=0.4)
    raise InputError(
        f"--config {name} is neither a file here nor a shipped config"
        + (f"; near names: {', '.join(near)}" if near else "")
        + "; 'imgcls configs' lists them all"
    )


def show(names: list[str]) -> None:
    """Print the named configs, or every shipped name with the first line of its file."""
    for name in names:
        print(find(name).read_text(), end="")
    if not names:
        configs = shipped()
        width = max(map(len, configs))
        for name, path in configs.items():
            first_line = path.read_text().partition("\n")[0].lstrip("# ")
            print(f"{name:{width}}  {first_line}")
