"""What to print about a key, a value or a class path that does not fit."""

import difflib
import inspect
from collections.abc import Collection, Iterator
from typing import Any, Literal, get_args, get_origin

import yaml
from torch import Tensor

from imgcls.cli.class_keys import SECTIONS, TopLevel, fits, hint_of, keys_of, subclasses
from imgcls.cli.options import CKPT_PATH, CONFIG, OWN
from imgcls.cli.slots import Slot
from imgcls.errors import did_you_mean

ELSEWHERE = {  # what other programs call a setting
    "epochs": "max_epochs", "num_epochs": "max_epochs", "n_epochs": "max_epochs",
    "steps": "max_steps", "learning_rate": "lr", "bs": "batch_size", "batchsize": "batch_size",
    "wd": "weight_decay", "seed": "seed_everything", "opt": "optimizer", "scheduler": "schedule",
    "lr_scheduler": "schedule", "criterion": "loss", "transforms": "augment",
    "augmentation": "augment", "arch": "model", "architecture": "model", "net": "model",
    "network": "model", "dataset": "data", "data_dir": "root", "data_path": "root",
    "gpu": "accelerator", "gpus": "devices", "device": "accelerator", "amp": "precision",
    "fp16": "precision", "clip_grad": "gradient_clip_val", "resume": "ckpt_path",
    "checkpoint": "ckpt_path", "weights": "ckpt_path", "log_dir": "default_root_dir",
    "output_dir": "default_root_dir", "experiment": "name",
}  # fmt: skip


def unknown_key(slot: Slot, classes: dict[str, type], known: Collection[str] = ()) -> str:
    """Return what to print about a key that its owner does not have.

    Args:
        slot: Whose key it is.
        classes: The classes of the other settings by their paths; one may have the key.
        known: The keys that there are; default the owner's.
    """
    whose = "" if slot.owner is TopLevel or known else f" of {slot.owner.__name__}"
    start = f"{slot.source}: {slot.shown} is not a setting{whose}"
    if known:
        return start + did_you_mean(slot.key, known)
    key = slot.key.replace("-", "_").lower()
    key = ELSEWHERE.get(key, key)
    there = dict(_paths(classes))
    dashes = "--" if slot.is_flag else ""
    if slot.owner is TopLevel:
        there |= {name: name for name in (*SECTIONS, *keys_of(TopLevel))}
        if slot.is_flag:
            there |= {option.name: option.name for option in (*OWN, CONFIG, CKPT_PATH)}
    if key in there:
        near_by = there[key].rpartition(".")[0] == slot.path.rpartition(".")[0] != ""
        return f"{start}: did you mean {key if near_by else dashes + there[key]}?"
    if slot.owner is not TopLevel:
        return start + did_you_mean(slot.key, keys_of(slot.owner))
    if near := difflib.get_close_matches(key, there, 1, 0.75):
        return f"{start}: did you mean {dashes}{there[near[0]]}?"
    return start + did_you_mean(slot.key, (*SECTIONS, *keys_of(TopLevel)))


def _paths(classes: dict[str, type]) -> Iterator[tuple[str, str]]:
    """Yield keys with the paths at which they can be set; of several the first counts."""
    for path, owner in reversed(classes.items()):
        if "[" not in path:
            for key in keys_of(owner):
                yield key, f"{path}.{key}"


def unknown_class(slot: Slot, name: Any, _: Any = None) -> str:
    """Return what to print about a class path that names nothing."""
    return f"{slot.source}: {slot.shown} names {name}, but there is no such class" + did_you_mean(
        str(name).rpartition(".")[2], _names(slot)
    )


def wrong_class(slot: Slot, name: Any, found: Any) -> str:
    """Return what to print about a class path that names something of another kind."""
    wanted = " or ".join(base.__name__ for base in slot.bases)
    kind = "" if isinstance(found, type) else "a function, " if callable(found) else "no class, "
    return f"{slot.source}: {slot.shown} names {name}, which is {kind}no {wanted}" + did_you_mean(
        str(name).rpartition(".")[2], _names(slot)
    )


def _names(slot: Slot) -> list[str]:
    """Return the names of the classes that can stand in a slot."""
    known = subclasses(slot.bases)
    return sorted(name for name, found in known.items() if found[0] not in slot.bases) or [*known]


def misfit(slot: Slot, value: Any) -> str:
    """Return what to print about a value that its key does not take."""
    hint = hint_of(slot.owner, slot.key)
    text = f"{slot.source}: {slot.shown} is {_loaded(value)!r}, which does not fit"
    words = list(dict.fromkeys(_words(hint)))
    if Tensor in get_args(hint) and words in ([], ["null"]):
        return f"{text}: it is a tensor, which a config cannot hold; leave it out"
    if words:
        text += ": it should be " + " or ".join([", ".join(words[:-1]), words[-1]][-len(words) :])
    if quoted := _quoted(slot, _loaded(value)):
        return f"{text}; put it in quotes: {quoted}"
    return text


def _loaded(value: Any) -> Any:
    """Return what a flag's text means where it is a list or mapping."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return value
    return value


def _quoted(slot: Slot, value: Any) -> str | None:
    """Return how a value is written as text, if that would fit."""
    if isinstance(value, list):
        texts = [str(each) for each in value]
        if texts != value and fits(slot.owner, slot.key, texts, flag=False):
            return "[" + ", ".join(f'"{each}"' for each in texts) + "]"
    elif not isinstance(value, str) and fits(slot.owner, slot.key, str(value), flag=False):
        return f'"{value}"'
    return None


def _words(hint: Any) -> Iterator[str]:
    """Yield the types that a value may have, in words."""
    parts = get_args(hint)
    if get_origin(hint) is Literal:
        yield from map(str, parts)
    elif hint is type(None):
        yield "null"
    elif hint is Tensor or hint is None:
        return
    elif isinstance(hint, type) and not parts:
        yield hint.__name__
    elif get_origin(hint) in (list, tuple, dict, set):
        yield inspect.formatannotation(hint)
    else:
        for part in parts:
            if not isinstance(part, list):
                yield from _words(part)
