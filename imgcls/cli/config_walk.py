"""Configs and flags walked key by key, until the one that does not fit is found."""

from typing import Any

import yaml

from imgcls.cli.class_keys import (
    BUILT,
    LINKED,
    SECTIONS,
    TopLevel,
    fits,
    is_required,
    keys_of,
    named,
    subclasses,
)
from imgcls.cli.config_texts import misfit, unknown_class, unknown_key, wrong_class
from imgcls.cli.options import CKPT_PATH, CONFIG, OWN
from imgcls.cli.slots import COMMAND_LINE, Slot, read_flags
from imgcls.errors import InputError

CLASS_KEYS = ("class_path", "init_args", "dict_kwargs")


class Walk:
    """Walks configs and flags in order, and raises the first mistake."""

    def __init__(self) -> None:
        self.classes: dict[str, type] = {
            name: owner for name, owner in SECTIONS.items() if name not in BUILT
        }
        self.given: dict[str, set[str]] = {}  # keys by the path of their class
        self.lengths: dict[str, int] = {}  # of lists
        self.ambiguous: list[str] = []  # what to print about bare names of several classes

    def file(self, content: dict[str, Any], source: str) -> None:
        """Walk a config file.

        Raises:
            InputError: A mistake.
        """
        for key, value in content.items():
            slot = Slot(TopLevel, key, key, key, source)
            if key in BUILT:
                self._value(slot, value)
            elif key in SECTIONS:
                if not isinstance(value, dict):
                    raise InputError(f"{source}: {key} is {value!r}: it should hold key: value")
                for name, each in value.items():
                    path = f"{key}.{name}"
                    self._key(Slot(SECTIONS[key], str(name), path, path, source), each)
            else:
                self._key(slot, value)

    def flags(self, flags: list[str]) -> None:
        """Walk the arguments of the command line.

        Raises:
            InputError: A mistake.
        """
        for name, values in read_flags(flags):
            option = next((o for o in (*OWN, CONFIG, CKPT_PATH) if o.name == name), None)
            several = option and option.several
            if not name or (len(values) > 1 and not several):
                raise InputError(f"{COMMAND_LINE}: {values[-1]} belongs to no flag")
            if not option and name != "print_config":
                self._flag(name, values[0] if values else None)

    def missing(self) -> str | None:
        """Return what is not given at all and has no default."""
        for path, owner in self.classes.items():
            for key in keys_of(owner) if path not in SECTIONS or path in BUILT else ():
                if key not in self.given.get(path, ()) and is_required(owner, key):
                    return f"{path} is a {owner.__name__} without {key}, which it needs: add {key}"
        return None

    def _flag(self, name: str, value: str | None) -> None:
        shown = name.rstrip("+")
        *above, key = shown.split(".")
        top = (above or [key])[0]
        slot = Slot(TopLevel, top, top, shown, COMMAND_LINE)
        if top in keys_of(TopLevel):
            if value is not None and not fits(TopLevel, shown, value, flag=True):
                raise InputError(misfit(slot, value))
        elif top not in SECTIONS:
            raise InputError(unknown_key(slot, self.classes))
        elif above:
            self._argument(above, key, shown, value, append=name.endswith("+"))
        elif top in BUILT:
            self._value(slot, value)

    def _argument(
        self, above: list[str], key: str, shown: str, value: str | None, append: bool
    ) -> None:
        """Check a flag of a section's class, or of one below it."""
        owner, path = self._owner(above, shown)
        if owner is None:
            return
        slot = Slot(owner, key, f"{path}.{key}", shown, COMMAND_LINE)
        if key == "class_path":
            self._value(slot._replace(key=path.rpartition(".")[2], path=path), value)
        elif key not in CLASS_KEYS:
            self._key(slot, value, append)

    def _owner(self, parts: list[str], shown: str) -> tuple[type | None, str]:
        """Return the class that the last part of a flag is a key of, and its path."""
        owner: type | None = TopLevel
        path = ""
        for part in parts:
            if part == "init_args" or owner is None:
                continue
            if path and part not in keys_of(owner):
                raise InputError(
                    unknown_key(Slot(owner, part, path, shown, COMMAND_LINE), self.classes)
                )
            slot = Slot(owner, part, f"{path}.{part}" if path else part, shown, COMMAND_LINE)
            path = slot.path
            if path in self.lengths:
                path += f"[{self.lengths[path] - 1}]"
            owner = self.classes.get(path)
            if owner is None and slot.bases:
                raise InputError(
                    f"{COMMAND_LINE}: {shown} belongs to a class, and {slot.path} names none: "
                    f"add --{slot.path} with one before it"
                )
        return owner, path

    def _key(self, slot: Slot, value: Any, append: bool = False) -> None:
        """Check a key of a class and its value."""
        if slot.key.endswith("+"):
            name = slot.key.rstrip("+")
            slot, append = slot._replace(key=name, path=slot.path.rstrip("+")), True
        if slot.key not in keys_of(slot.owner) and slot.key not in LINKED:
            raise InputError(unknown_key(slot, self.classes))
        self.given.setdefault(slot.path.rpartition(".")[0], set()).add(slot.key)
        if append:
            self._append(slot, value)
        else:
            self.lengths.pop(slot.path, None)
            self._value(slot, value)

    def _append(self, slot: Slot, value: Any) -> None:
        items = value if isinstance(value, list) else [value]
        for item in items:
            position = self.lengths.get(slot.path, 0)
            self.lengths[slot.path] = position + 1
            self._value(slot.item(position)._replace(shown=slot.shown), item)

    def _value(self, slot: Slot, value: Any) -> None:
        """Check a value, and what is below it."""
        if slot.bases and slot.is_flag and isinstance(value, str) and value[:1] in ("{", "["):
            value = yaml.safe_load(value)
        if slot.bases and isinstance(value, list):
            self.lengths[slot.path] = len(value)
            for position, item in enumerate(value):
                self._value(slot.item(position), item)
        elif slot.bases and isinstance(value, dict):
            self._built(slot, value)
        elif slot.bases and isinstance(value, str):
            self._class(slot, value)
        elif slot.is_flag and value is None:
            return
        elif not fits(slot.owner, slot.key, value, flag=slot.is_flag):
            raise InputError(misfit(slot, value))

    def _built(self, slot: Slot, value: dict[str, Any]) -> None:
        """Check a class path and its arguments."""
        if "class_path" in value:
            self._class(slot._replace(shown=f"{slot.shown}.class_path"), value["class_path"])
        owner = self.classes.get(slot.path)
        if owner is None:
            if not fits(slot.owner, slot.key, value, flag=False):
                raise InputError(misfit(slot, value))
            return
        for key in value:
            if key not in CLASS_KEYS:
                shown = f"{slot.shown}.{key}"
                raise InputError(unknown_key(slot._replace(key=key, shown=shown), {}, CLASS_KEYS))
        arguments = value.get("init_args") or {}
        if not isinstance(arguments, dict):
            shown = f"{slot.source}: {slot.shown}.init_args"
            raise InputError(f"{shown} is {arguments!r}: it should hold key: value")
        for key, each in arguments.items():
            self._key(slot.below(owner, str(key)), each)

    def _class(self, slot: Slot, name: Any) -> None:
        """Check that a class path names what can be built here."""
        try:
            found = named(str(name), slot.bases)
        except InputError as error:
            raise InputError(f"{slot.source}: {slot.shown} names {name}, but {error}") from error
        several = subclasses(slot.bases).get(str(name), [])
        if len(several) > 1:
            paths = ", ".join(sorted(f"{each.__module__}.{name}" for each in several))
            self.ambiguous.append(
                f"{slot.source}: {slot.shown} names {name}, of which there are several: give the "
                f"whole path of one of {paths}"
            )
        if isinstance(found, type) and issubclass(found, slot.bases):
            if self.classes.get(slot.path) not in (None, found):
                self._forget(slot.path)
            self.classes[slot.path] = found
        elif not fits(slot.owner, slot.key, name, flag=slot.is_flag):
            text = unknown_class if found is None else wrong_class
            raise InputError(text(slot, name, found))

    def _forget(self, path: str) -> None:
        """Forget what was below a class that another one replaces."""
        for known in (self.classes, self.lengths, self.given):
            for each in [each for each in known if each.startswith((f"{path}.", f"{path}["))]:
                del known[each]
