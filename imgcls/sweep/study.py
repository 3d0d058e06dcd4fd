"""A study: its base, its varied settings and its seeds."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("each", "grid", "variants", "search")


@dataclass(frozen=True)
class Study:
    """The content of a study.

    Attributes:
        name: The file's name without ``.yaml``.
        configs: Config files of the base; later files override earlier ones key by key.
        flags: Settings of every trial, by dotted key; they override the configs.
        seeds: Each trial is run once with each seed.
        kind: One of `KINDS`.
        content: Below ``each`` and ``grid``, dotted key to label to value; below ``variants``, name
            to dotted key to value; below ``search``, dotted key to ``low``, ``high``, ``log`` and
            ``step``, or to ``choices``, label to value.
        trials: Number of trials of a search.
        ckpt_path: Run or checkpoint with the initial backbone of trials that fine-tune.
    """

    name: str
    configs: list[Path]
    flags: dict[str, Any]
    seeds: list[int]
    kind: str
    content: dict[str, dict[str, Any]]
    trials: int
    ckpt_path: str | None = None


def label(value: Any) -> str:
    """Return a setting's value as text: 0.0005, 1e-05, true, none."""
    if value is None:
        return "none"
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value)


def label_in(config: dict[str, Any], key: str) -> str:
    """Return the label of a config's value of a dotted key, "base" if it is not a scalar."""
    value: Any = config
    for part in key.split("."):
        if isinstance(value, dict) and part not in value:
            value = value.get("init_args")
        value = value.get(part) if isinstance(value, dict) else None
    return "base" if isinstance(value, dict | list) else label(value)
