"""What can be set, as the parser knows it, saved in listing.json for what must not wait for torch.

``python -m imgcls.cli.listing`` writes the file anew.
"""

import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypedDict

FILE = Path(__file__).with_name("listing.json")
CLASSES = {"model": "models", "data": "data", "callbacks": "callbacks"}  # and their modules


class Listing(TypedDict):
    """The keys of all sections.

    Attributes:
        settings: Those outside of the sections.
        trainer: Those of Lightning's trainer.
        machine: Those of the machine.
        model: Those of each model that ships, by its name.
        data: Those of each data set.
        callbacks: Those of each callback.
    """

    settings: list[str]
    trainer: list[str]
    machine: list[str]
    model: dict[str, list[str]]
    data: dict[str, list[str]]
    callbacks: dict[str, list[str]]


@cache
def listing() -> Listing:
    """Return what ``listing.json`` holds."""
    content: Listing = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def from_parser() -> Listing:
    """Return the same from the parser itself, which takes seconds to import."""
    from lightning import Callback

    from imgcls.cli.class_keys import SECTIONS, TopLevel, keys_of

    bases: dict[str, type] = {**SECTIONS, "callbacks": Callback}
    classes: dict[str, dict[str, list[str]]] = {}
    for section, name in CLASSES.items():
        module = import_module(f"imgcls.{name}")
        base = bases[section]
        classes[section] = {}
        for each in module.__all__:
            found = getattr(module, each)
            if _is_below(found, base):
                classes[section][each] = list(keys_of(found))
    return {
        "settings": list(keys_of(TopLevel)),
        "trainer": list(keys_of(SECTIONS["trainer"])),
        "machine": list(keys_of(SECTIONS["machine"])),
        "model": classes["model"],
        "data": classes["data"],
        "callbacks": classes["callbacks"],
    }


def _is_below(found: Any, base: type) -> bool:
    return isinstance(found, type) and issubclass(found, base) and found is not base


def text_of(content: Listing) -> str:
    """Return a listing as the file holds it, a line a class."""
    lines = []
    for section, value in content.items():
        if isinstance(value, dict):
            each = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            lines.append(f"{json.dumps(section)}: {{\n{each}\n}}")
        else:
            lines.append(f"{json.dumps(section)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text_of(from_parser()), encoding="utf-8")
