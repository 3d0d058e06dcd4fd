"""A study: the base, what varies, and how often each trial is run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("each", "grid", "variants", "search")


@dataclass(frozen=True)
class Study:
    """What a study asks for.

    Attributes:
        name: The file's name without ``.yaml``.
        configs: Config files of the base; a later one wins key by key.
        flags: Settings of every trial, by dotted key; they win over the configs.
        seeds: Each trial is run once with each.
        kind: One of `KINDS`.
        content: Below ``each`` and ``grid``, dotted key to label to value; below ``variants``, name
            to dotted key to value; below ``search``, dotted key to ``low``, ``high``, ``log`` and
            ``step``, or to ``choices``, label to value.
        trials: Number of trials of a search.
        ckpt_path: Run or checkpoint whose backbone the trials that fine-tune start from.
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
    """Return a setting's value as it is shown: 0.0005, 1e-05, true, none."""
    if value is None:
        return "none"
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value)


def label_in(config: dict[str, Any], key: str) -> str:
    """Return how a config's own value of a dotted key is called, "base" when it is no scalar."""
    value: Any = config
    for part in key.split("."):
        if isinstance(value, dict) and part not in value:
            value = value.get("init_args")
        value = value.get(part) if isinstance(value, dict) else None
    return "base" if isinstance(value, dict | list) else label(value)
