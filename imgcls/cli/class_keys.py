"""What can be set on a class, as jsonargparse sees it: its keys, their types, what fits them."""

import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import PurePath
from types import NoneType
from typing import Any, get_args, get_type_hints

from lightning import Trainer
from torch import Tensor

from imgcls.cli.hardware import Machine
from imgcls.cli.parser import ComplaintError, Parser, add_settings
from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.models import Classifier

LINKED = (
    "num_classes",
    "image_shape",
    "seed",
    "params",
    "remembered",
)  # what is never given by hand
PLAIN = (str, int, float, bool, list, tuple, dict, set, NoneType, Tensor, PurePath)
NO_CLASSES = ("builtins", "typing", "collections.abc", "datetime")  # modules of other types
SECTIONS: dict[str, type] = {
    "trainer": Trainer, "model": Classifier, "data": ImageDataModule, "machine": Machine,
}  # fmt: skip
BUILT = ("model", "data")  # sections that a class path names


class TopLevel:
    """Stands for the owner of the settings outside of the sections, such as ``finetune``."""


SWITCHES = ("finetune", "copy_shared_classes", "allow_changed_data", "allow_missing_classes")
TOP_LEVEL = {"seed_everything": int, **dict.fromkeys(SWITCHES, bool)}


@cache
def keys_of(owner: type) -> tuple[str, ...]:
    """Return the keys of a class, or of the top level."""
    parser = Parser()
    if owner is TopLevel:
        add_settings(parser)
        return ("seed_everything", *parser.get_defaults().keys())
    names = parser.add_class_arguments(owner, None, fail_untyped=False)
    return tuple(name for name in names if "." not in name and name not in LINKED)


@cache
def hint_of(owner: type, key: str) -> Any:
    """Return the type of a class's key, None where it is unknown."""
    if owner is TopLevel:
        return TOP_LEVEL.get(key)
    for parent in owner.__mro__:
        made = vars(parent).get("__init__")
        if made is None or key not in inspect.signature(made).parameters:
            continue
        try:
            return get_type_hints(made).get(key)
        except (NameError, TypeError):
            return None
    return None


def bases_in(hint: Any) -> tuple[type, ...]:
    """Return the classes of which a value of a type can be built by a class path.

    Of ``Callable[[...], Optimizer] | None`` that is ``Optimizer``.
    """
    return tuple(dict.fromkeys(_classes(hint)))


def _classes(hint: Any) -> Iterator[type]:
    parts = get_args(hint)
    is_class = isinstance(hint, type) and not parts
    if is_class and not issubclass(hint, PLAIN) and hint.__module__ not in NO_CLASSES:
        yield hint
    for part in parts:
        if not isinstance(part, list):  # the arguments of a callable
            yield from _classes(part)


def fits(owner: type, key: str, value: Any, *, flag: bool) -> bool:
    """Return whether jsonargparse takes a value for a key.

    Args:
        owner: The class.
        key: Its key.
        value: As it stands in a YAML or a flag.
        flag: Whether it is a flag's, a text.
    """
    parser = _parser_of_one(owner, key)
    try:
        if flag:
            parser.parse_args([f"--{key}={value}"])
        else:
            parser.parse_object({key: value})
    except (InputError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return True


def is_required(owner: type, key: str) -> bool:
    """Return whether a class cannot be built without a key."""
    try:
        _parser_of_one(owner, key).parse_object({})
    except ComplaintError:
        return True
    return False


@cache
def _parser_of_one(owner: type, key: str) -> Parser:
    parser = Parser()
    if key in BUILT:
        parser.add_subclass_arguments(
            SECTIONS[key], key, fail_untyped=False, skip={f"{key}.{name}" for name in LINKED}
        )
        return parser
    if owner is TopLevel:
        parser.add_argument("--seed_everything", type=bool | int)
        add_settings(parser)
        return parser
    everything = Parser().add_class_arguments(owner, None, fail_untyped=False)
    others: set[str | int] = {name.partition(".")[0] for name in everything} - {key}
    parser.add_class_arguments(owner, None, fail_untyped=False, skip=others)
    return parser


def subclasses(bases: tuple[type, ...]) -> dict[str, list[type]]:
    """Return the public classes below some others, and these, by name."""
    found: dict[str, list[type]] = {}
    waiting = list(bases)
    seen: set[type] = set()
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        waiting += type.__subclasses__(each)
        if not each.__name__.startswith("_") and "<locals>" not in each.__qualname__:
            found.setdefault(each.__name__, []).append(each)
    return found


def named(path: str, bases: tuple[type, ...]) -> Any:
    """Return what a class path names, None where there is no such thing.

    Args:
        path: Whole, such as ``torch.optim.SGD``, or the bare name of a known class; of several
            the one that ships.
        bases: The classes among whose subclasses a bare name is searched.

    Raises:
        InputError: The module cannot be imported for an error of its own.
    """
    if "." not in path:
        known = subclasses(bases).get(path, [])
        ours = [each for each in known if each.__module__.startswith("imgcls.")]
        return next(iter([*ours, *known]), None)
    parts = path.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for count in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:count])
        try:
            found: Any = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name and (module == error.name or module.startswith(f"{error.name}.")):
                continue
            raise InputError(f"{module} cannot be imported: {error}") from error
        except Exception as error:
            text = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{module} cannot be imported: {text}") from error
        for part in parts[count:]:
            found = getattr(found, part, None)
        return found
    return None
