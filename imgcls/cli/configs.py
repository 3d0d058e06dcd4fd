"""``imgcls configs``: what ships by name, with what it reached. It needs no torch."""

import re
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from imgcls.shipped_configs import find_config, shipped
from imgcls.tables import Row, aligned, printed, terminal_width

RESULT = re.compile(  # of the second line of a config, which a program writes from its runs
    r"# Result: (?P<accuracy>[\d.]+(?: ± [\d.]+)? %).*? on the (?P<split>\w+) .*?"
    r"(?P<parameters>[\d,]+) parameters, (?P<time>[\d.]+ \w+) a run"
)
OVERLAYS = "machine settings, to lay over a config"


def run(names: list[str]) -> None:
    """Print the named configs, or the list of those that ship."""
    for name in names:
        print(find_config(name).read_text(encoding="utf-8"), end="")
    if not names:
        print(listing(terminal_width()))


def listing(width: int | None) -> str:
    """Return the shipped configs by data set, with accuracy, time of training and parameters.

    Args:
        width: Characters in a line; None for as many as it takes.
    """
    found = sorted((_data_set(path), name, path) for name, path in shipped().items())
    found.sort(key=lambda each: each[0] == OVERLAYS)
    rows = [_row(name, path) for _, name, path in found]
    order = ("config", "accuracy", "time", "parameters", "about")
    head, _, *lines = aligned(rows, width, order).split("\n")
    groups = groupby(zip(found, lines, strict=False), key=lambda pair: pair[0][0])
    parts = [f"{data}\n" + "\n".join(line for _, line in group) for data, group in groups]
    notes = "\n".join(lines[len(found) :]).strip()
    head = head.replace("config  ", "  config", 1)
    return "\n\n".join([head, *parts, *([notes] if notes else [])])


def _row(name: str, path: Path) -> Row:
    first, second, *_ = path.read_text(encoding="utf-8").splitlines()
    found = RESULT.match(second)
    accuracy = time = parameters = "-"
    if found:
        accuracy = found["accuracy"] + ("" if found["split"] == "test" else " (val)")
        time, count = found["time"], int(found["parameters"].replace(",", ""))
        parameters = f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.0f} k"
    numbers = {"accuracy": accuracy, "time": time, "parameters": parameters}
    about = first.lstrip("# ").partition("   imgcls ")[0]
    return printed({"config": f"  {name}"}, numbers) | printed({"about": about}, {})


def _data_set(path: Path) -> str:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return str(content["data"]["class_path"]) if "data" in content else OVERLAYS
