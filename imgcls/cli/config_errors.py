"""What jsonargparse refuses, reported with the file, the key and the near name.

What jsonargparse says of a mistake below a class path blames all that is there. So once it has
complained, configs and flags are walked key by key: classes are found by their whole path,
keys and values are shown to the parser that jsonargparse builds for that class and key alone.
What it says is never read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from imgcls.cli.arguments import Request
from imgcls.cli.class_keys import SECTIONS, TopLevel, keys_of
from imgcls.cli.config_texts import unknown_key
from imgcls.cli.config_walk import Walk
from imgcls.cli.parser import NOT_SAVED, ComplaintError, input_error_in
from imgcls.cli.slots import Slot
from imgcls.errors import InputError


@contextmanager
def plain_errors(request: Request) -> Iterator[None]:
    """Turn what goes wrong while a config is parsed and built into one line.

    Args:
        request: Has the config files and the flags.

    Raises:
        InputError: The mistake, with its file, key and near names.
    """
    contents = {file: _content(file) for file in request.configs}
    try:
        yield
    except Exception as error:
        inner = input_error_in(error)
        if isinstance(inner, ComplaintError):
            raise InputError(explain(str(inner), contents, request.flags)) from error
        if inner is None or inner is error:
            raise
        raise inner from error


def explain(complaint: str, contents: dict[Path, dict[str, Any]], flags: list[str]) -> str:
    """Return where a mistake is and what it is.

    Args:
        complaint: What jsonargparse says of it, which is all that is left if nothing is found.
        contents: The content of each config file, in order.
        flags: The other arguments.
    """
    walk = Walk()
    try:
        for file, content in contents.items():
            walk.file(content, str(file))
        walk.flags(flags)
    except InputError as mistake:
        return str(mistake)
    names = ", ".join(map(str, contents)) or "command line"
    for section in ("model", "data"):
        if section not in walk.classes:
            return f"{names} names no {section}: add '{section}:' with a class_path below it"
    if missing := walk.missing():
        return f"{names}: {missing}"
    return next(iter(walk.ambiguous), " ".join(complaint.split()))


def _content(file: Path) -> dict[str, Any]:
    """Return what a config file holds.

    Raises:
        InputError: It is no YAML of keys, or has keys that no config has.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is no valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(f"{file} holds no keys, but a config is a YAML of key: value lines")
    known = (*SECTIONS, *keys_of(TopLevel))
    for key in content:
        if key in known:
            continue
        if key in NOT_SAVED:
            raise InputError(f"{file}: {key} is a flag, not a setting of a config: give --{key}")
        raise InputError(unknown_key(Slot(TopLevel, str(key), str(key), str(key), str(file)), {}))
    return content
