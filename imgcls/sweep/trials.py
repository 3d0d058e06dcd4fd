"""The trials of a study that is no search."""

import re
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from imgcls.errors import InputError
from imgcls.sweep.study import Study

BASE = {"each": "base", "variants": "baseline"}  # the trial without varied settings, by kind
LONGEST = 200  # bytes of a trial's name; file systems end at 255, and the study's name comes first


@dataclass(frozen=True)
class Trial:
    """One set of settings.

    Attributes:
        name: Safe as a folder's name.
        settings: Values by dotted key, in addition to the study's base.
        labels: Label of each value, by dotted key.
    """

    name: str
    settings: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict)


def trials_of(study: Study) -> list[Trial]:
    """Return the trials of a study that is no search, the base first if there is one.

    Raises:
        InputError: Two have the same name, or a name is too long for a folder.
    """
    trials = [Trial(BASE[study.kind], {})] if study.kind in BASE else []
    if study.kind == "variants":
        trials += [Trial(safe(name), settings) for name, settings in study.content.items()]
    elif study.kind == "each":
        trials += [
            _trial(study, {key: value}) for key in study.content for value in study.content[key]
        ]
    else:
        combinations = product(*study.content.values())
        trials += [_trial(study, dict(zip(study.content, c, strict=True))) for c in combinations]
    _check_names([trial.name for trial in trials])
    return trials


def _trial(study: Study, labels: dict[str, str]) -> Trial:
    name = ",".join(safe(f"{short(key)}={value}") for key, value in labels.items())
    return Trial(name, {key: study.content[key][value] for key, value in labels.items()}, labels)


def short(key: str) -> str:
    """Return a dotted key without its section: ``optimizer.lr`` for ``model.optimizer.lr``."""
    parts = [part for part in key.split(".") if part != "init_args"]
    return ".".join(parts[1:] or parts)


def described(trial: Trial) -> str:
    """Return ``optimizer.lr 0.0157, batch_size 64`` for a trial's settings."""
    return ", ".join(f"{short(key)} {label}" for key, label in trial.labels.items())


def safe(text: str) -> str:
    """Return a text as a folder name that is valid on all systems."""
    return re.sub(r"[^\w.=+-]+", "_", text)


def _check_names(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two trials are called {name!r}: give them labels that differ")
        if len(name.encode()) > LONGEST:
            raise InputError(f"{name!r} is too long for a folder: give its values short labels")
