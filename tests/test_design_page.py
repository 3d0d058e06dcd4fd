"""What docs/design.md says of the code is so."""

import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import imgcls

ROOT = Path(imgcls.__file__).parents[1]
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
WALK = re.findall(r"^\d+\. `(imgcls\.[\w.]+)`", PAGE, flags=re.MULTILINE)


def test_an_image_meets_what_there_is_and_nothing_twice() -> None:
    assert len(WALK) == len(set(WALK)) == 20
    for path in WALK:
        parts = path.split(".")
        room, *names = parts[1:]
        modules = [".".join(parts[: end + 1]) for end in range(1, len(parts))]
        module = next(m for m in reversed(modules) if is_module(m))
        inside = parts[module.count(".") + 1 :]
        assert reduce(getattr, inside, import_module(module)) is not None, path
        assert f"`{room}`" in PAGE or names


def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_the_layers_are_those_of_the_contract() -> None:
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.findall(r'^    "([\w |]+)",$', contract.partition("exhaustive")[2], re.MULTILINE)
    shown = re.findall(r"^    ([a-z][a-z_]*(?: \| [a-z_]+)*)$", PAGE, flags=re.MULTILINE)
    assert shown == [layer for layer in layers[: len(shown) + 1] if layer != "__main__"]


def test_every_room_is_described() -> None:
    rooms = {path.parent.name for path in (ROOT / "imgcls").glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE))
