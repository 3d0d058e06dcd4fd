"""jsonargparse's complaints, told with the file, the key and the near name.

jsonargparse says ``Option 'widht' is not accepted``, with neither the file nor where in it. Only
once it has complained are the YAML files and flags searched for the reason.
"""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from lightning import Callback, Trainer
from torch import nn
from torch.optim import Optimizer

from imgcls.cli.hardware import Machine
from imgcls.cli.parser import input_error_in
from imgcls.data import ImageDataModule
from imgcls.errors import InputError, did_you_mean
from imgcls.models import Classifier
from imgcls.schedules import Schedule
from imgcls.transforms import Mix, Transform

SECTIONS = (
    "seed_everything", "trainer", "model", "data", "machine",
    "finetune", "started_from", "copy_shared_classes", "allow_changed_data",
    "allow_missing_classes", "format_version", "tuned_with",
)  # fmt: skip
BASES: dict[str, type] = {
    "model": Classifier,
    "data": ImageDataModule,
    "callbacks": Callback,
    "augment": Transform,
    "mix": Mix,
    "schedule": Schedule,
    "optimizer": Optimizer,
    "loss": nn.Module,
}
# Whose keys a section holds, and how jsonargparse says that one of them is not known.
OWNERS: dict[str, type] = {"trainer": Trainer, "machine": Machine}
UNKNOWN = r"(?:Option '|does not accept option '|unrecognized arguments: --)([\w.]+)"


class ClassKeys:
    """Stands for the keys of whatever is named by a class path."""

    known = ("class_path", "init_args")


class Setting(NamedTuple):
    """A key of a config: where it stands and whose it is."""

    file: str
    path: str
    value: Any
    owner: type | None


@contextmanager
def told_plainly(files: list[Path], flags: list[str]) -> Iterator[None]:
    """Turn what goes wrong while a config is parsed and built into one line.

    Args:
        files: The config files, in order.
        flags: The other arguments.

    Raises:
        InputError: The mistake, with its file, key and near names.
    """
    for file in files:
        _content(file)
    try:
        yield
    except Exception as error:
        inner = input_error_in(error)
        if inner is None:
            raise
        raise type(inner)(explain(str(inner), files, flags)) from error


def explain(complaint: str, files: list[Path], flags: list[str]) -> str:
    """Return a complaint of jsonargparse as one line; any other text as it is."""
    settings = [*_from_files(files), *_from_flags(flags)]
    if option := re.search(UNKNOWN, complaint):
        name = option[1].split(".")[-1]
        same = [s for s in settings if s.path == option[1]]
        alike = [s for s in settings if s.path.split(".")[-1] == name]
        alike.sort(key=lambda s: name in _known_keys(_owner(s, settings)))  # its owner has it
        if same or alike:
            return _unknown_key([*same, *alike][0], settings)
    if missing := re.search(r"arguments are required: \w+\.(\w+)", complaint):
        names = ", ".join(map(str, files))
        return f"{names} names no {missing[1]}: add '{missing[1]}:' with a class_path below it"
    if key := re.search(r'Parser key "([\w.\[\]]+)"', complaint):
        for setting in settings:
            if wrong_class := _unknown_class(setting):
                return wrong_class
            if setting.owner is ClassKeys and setting.path.split(".")[-1] not in ClassKeys.known:
                return _unknown_key(setting, settings)
        name = key[1].split(".")[-1]
        for setting in reversed(settings):
            if setting.path.split(".")[-1] == name:
                return _does_not_fit(setting, complaint)
    return " ".join(complaint.split())


def _does_not_fit(setting: Setting, complaint: str) -> str:
    types = dict.fromkeys(re.findall(r"Expected an? <class '(\w+)'>", complaint))
    return f"{setting.file}: {setting.path} is {setting.value!r}, which does not fit" + (
        f": it should be {' or '.join(types)}" if types else ""
    )


def _content(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is no valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(f"{file} holds no keys, but a config is a YAML of key: value lines")
    for key in content:
        if key not in SECTIONS:
            raise InputError(_unknown_key(Setting(str(file), str(key), None, None), []))
    return content


def _from_files(files: list[Path]) -> list[Setting]:
    return [s for file in files for s in _walk(_content(file), str(file), "", None)]


def _from_flags(flags: list[str]) -> list[Setting]:
    """Return the dotted flags as settings; the owner of a class's argument stays open."""
    settings = []
    for place, flag in enumerate(flags):
        path, equals, value = flag.removeprefix("--").partition("=")
        if flag.startswith("--"):
            following = flags[place + 1] if place + 1 < len(flags) else None
            settings.append(Setting("command line", path, value if equals else following, None))
    return settings


def _walk(node: Any, file: str, path: str, owner: type | None) -> Iterator[Setting]:
    if isinstance(node, list):
        for place, item in enumerate(node):
            yield from _walk(item, file, f"{path}[{place}]", owner)
    if not isinstance(node, dict):
        return
    inner = _class_named(node["class_path"]) if "class_path" in node else owner
    mine = ClassKeys if "class_path" in node else OWNERS.get(path, owner)
    for key, value in node.items():
        below = f"{path}.{key}" if path else str(key)
        yield Setting(file, below, value, mine)
        yield from _walk(value, file, below, inner)


def _owner(setting: Setting, settings: list[Setting]) -> type | None:
    """Return the class whose argument a setting is; a flag's is named by another setting."""
    whole = _plain(setting.path).rpartition(".")[0]
    if setting.owner or not whole:
        return setting.owner
    named = [s.value for s in settings if _plain(s.path) in (whole, f"{whole}.class_path")]
    classes = [_class_named(name) for name in named if isinstance(name, str)]
    return classes[-1] if classes else OWNERS.get(whole)


def _plain(path: str) -> str:
    return path.replace(".init_args", "")


def _all_classes(base: type) -> Iterator[type]:
    subclasses: list[type] = base.__subclasses__()
    for subclass in subclasses:
        yield subclass
        yield from _all_classes(subclass)


def _class_named(class_path: Any) -> type | None:
    name = str(class_path).split(".")[-1]
    for base in BASES.values():
        for candidate in _all_classes(base):
            if candidate.__name__ == name:
                return candidate
    return None


def _arguments(owner: type) -> list[str]:
    """Return a constructor's arguments, and those of the ones it passes ``**`` on to."""
    names: list[str] = []
    for parent in owner.__mro__:
        if "__init__" not in vars(parent):
            continue
        parameters = inspect.signature(vars(parent)["__init__"]).parameters.values()
        kinds = [parameter.kind for parameter in parameters]
        names += [p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD]
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    linked = ("num_classes", "image_shape", "seed", "params")
    return [name for name in names if name not in linked]


def _known_keys(owner: type | None) -> list[str]:
    if owner is None:
        return list(SECTIONS)
    return list(ClassKeys.known) if owner is ClassKeys else _arguments(owner)


def _unknown_key(setting: Setting, settings: list[Setting]) -> str:
    owner = _owner(setting, settings)
    whole, _, name = setting.path.rpartition(".")
    known = _known_keys(owner)
    if whole and not owner:
        name = whole.partition(".")[0]  # of a section that is not there
    whose = f" of {owner.__name__}" if owner and owner is not ClassKeys else ""
    hint = did_you_mean(name, known)
    return f"{setting.file}: {setting.path} is not a setting{whose}{hint}"


def _unknown_class(setting: Setting) -> str | None:
    """Say so when a setting names a class that does not exist."""
    key = setting.path.removesuffix(".class_path").split(".")[-1]
    base = BASES.get(key.partition("[")[0])
    named = setting.value if isinstance(setting.value, str) else None
    if base is None or named is None or _class_named(named):
        return None
    names = sorted({c.__name__ for c in _all_classes(base) if not c.__name__.startswith("_")})
    hint = did_you_mean(named.split(".")[-1], names)
    return f"{setting.file}: {setting.path} names {named}, but there is no such class{hint}"
