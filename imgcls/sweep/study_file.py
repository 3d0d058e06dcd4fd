"""Reads a study from its YAML and reports each mistake with its key."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from imgcls import shipped_configs
from imgcls.errors import InputError, did_you_mean
from imgcls.sweep.study import KINDS, Study, label

KEYS = ("config", "ckpt_path", "flags", "seeds", *KINDS, "trials")
SECTIONS = ("trainer", "data", "model", "machine")
SWITCHES = ("finetune", "copy_shared_classes", "allow_missing_classes")
RANGE = ("low", "high", "log", "step")


class StudyLoader(yaml.SafeLoader):
    """Accepts 1e-3 as a number, as LightningCLI does; YAML 1.1 requires 1.0e-3."""


StudyLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_study(path: Path) -> Study:
    """Return the study of a YAML file.

    Raises:
        InputError: The first mistake in it.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), StudyLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no valid YAML: {' '.join(str(error).split())}") from error
    try:
        return _study(path.stem, content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _study(name: str, content: Any) -> Study:
    if not isinstance(content, dict):
        raise InputError("a study is a YAML of key: value lines, such as 'config: digits_cnn'")
    for key in content:
        if key not in KEYS:
            raise InputError(f"{key} is no key of a study{did_you_mean(str(key), KEYS)}")
    kinds = [kind for kind in KINDS if kind in content]
    if len(kinds) != 1:
        raise InputError(
            f"give one of {', '.join(KINDS)}; here are {' and '.join(kinds) or 'none'}"
        )
    kind, trials = kinds[0], content.get("trials", 0)
    if (kind == "search") != ("trials" in content):
        raise InputError(
            "trials is the number of trials of a search: give it there, and only there"
        )
    if not _is_count(trials, least=int(kind == "search")):
        raise InputError(f"trials is {trials!r}: give a number, at least 1")
    return Study(
        name,
        _configs(content.get("config")),
        _settings("flags", content.get("flags", {})),
        _seeds(content.get("seeds", [0])),
        kind,
        _content(kind, content[kind]),
        trials,
        _checkpoint(content.get("ckpt_path")),
    )


def _is_count(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _configs(given: Any) -> list[Path]:
    names = given if isinstance(given, list) else [given]
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"config is {given!r}: give the name of a config, or a list of names")
    return [shipped_configs.find_config(name) for name in names]


def _checkpoint(given: Any) -> str | None:
    if given is not None and not isinstance(given, str):
        raise InputError(f"ckpt_path is {given!r}: give the path of a run or of a checkpoint")
    return given


def _seeds(given: Any) -> list[int]:
    if not isinstance(given, list) or not given or not all(_is_count(seed, 0) for seed in given):
        raise InputError(f"seeds is {given!r}: give a list of whole numbers, such as [0, 1, 2]")
    return list(dict.fromkeys(given))


def _content(kind: str, given: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(given, dict) or not given:
        raise InputError(f"{kind} is {given!r}: give a mapping of what varies")
    if kind == "variants":
        return {label(name): _settings(label(name), settings) for name, settings in given.items()}
    read = _values if kind in ("each", "grid") else _range
    return {_checked(key): read(key, value) for key, value in given.items()}


def _settings(name: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InputError(f"{name} is {given!r}: give a mapping of settings to values")
    return {_checked(key): value for key, value in given.items()}


def _values(key: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, list | dict) or not given:
        raise InputError(f"{key} is {given!r}: give a list of values, or labels with values")
    if isinstance(given, dict):
        return {label(name): value for name, value in given.items()}
    for value in given:
        if isinstance(value, list | dict):
            raise InputError(
                f"{key} lists {json.dumps(value)}: label such values, as in '{key}: {{mine: ...}}'"
            )
    return {label(value): value for value in given}


def _range(key: str, given: Any) -> dict[str, Any]:
    if isinstance(given, dict) and given.keys() == {"choices"}:
        return {"choices": _values(f"{key}.choices", given["choices"])}
    if not isinstance(given, dict) or not {"low", "high"} <= given.keys():
        raise InputError(f"{key} is {given!r}: give low and high, or choices")
    for name, value in given.items():
        if name not in RANGE:
            raise InputError(f"{key}.{name} is not known here{did_you_mean(str(name), RANGE)}")
        if isinstance(value, bool) != (name == "log") or not isinstance(value, int | float):
            wanted = "true or false" if name == "log" else "a number"
            raise InputError(f"{key}.{name} is {value!r}: it should be {wanted}")
    return given


def _checked(key: Any) -> str:
    section = str(key).partition(".")[0]
    if section == "seed_everything":
        raise InputError("seed_everything is no setting of a trial: give 'seeds' of the study")
    if key == "trainer.default_root_dir":
        raise InputError(f"{key} is no setting of a trial: its runs lie in lightning_logs here")
    if section not in SECTIONS and key not in SWITCHES:
        raise InputError(
            f"{key} is no setting of a run{did_you_mean(section, (*SECTIONS, *SWITCHES))}"
        )
    return str(key)
