"""``--trainer.help``, ``--model.help CLASS`` and the like: what can be set on one class."""

import re
from collections.abc import Iterator

from jsonargparse import DefaultHelpFormatter
from lightning import Callback

from imgcls.cli.class_keys import LINKED, SECTIONS, named, subclasses
from imgcls.cli.help import entry
from imgcls.cli.own_modules import own_modules
from imgcls.cli.parser import Parser
from imgcls.errors import InputError, did_you_mean


class OneLine(DefaultHelpFormatter):
    """Writes the text of each flag on one line, to be wrapped later."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=200, width=1_000_000)  # type: ignore[no-untyped-call]


def show(section: str, name: str | None) -> None:
    """Print the settings of a section, or of a class that can stand there.

    Args:
        section: ``trainer``, ``machine``, ``model``, ``data`` or ``callback``.
        name: A class path, or a name that ships; None where the section has no class path, and
            for what all of its classes share.

    Raises:
        InputError: There is no such class.
    """
    owner = SECTIONS.get(section, Callback)
    flag = "trainer.callbacks" if section == "callback" else section
    if name:
        with own_modules():
            found = named(name, (owner,))
        if not isinstance(found, type) or not issubclass(found, owner):
            hint = did_you_mean(name.rpartition(".")[2], sorted(subclasses((owner,))))
            raise InputError(f"--{section}.help: there is no {owner.__name__} {name}{hint}")
        owner = found
    print("\n".join([f"settings of {owner.__name__}:", *_lines(owner, flag)]))


def _lines(owner: type, flag: str) -> Iterator[str]:
    """Yield a flag and its text for each setting."""
    parser = Parser(add_help=False, formatter_class=OneLine)
    parser.add_class_arguments(owner, flag, fail_untyped=False, skip=set(LINKED))
    for line in parser.format_help().splitlines():
        shown, _, text = line.strip().partition("  ")
        key = shown.split()[0] if shown else ""
        if key.startswith(f"--{flag}.") and not key.endswith(".help"):
            short = re.sub(r", known subclasses: .*\)$", ")", text.strip())  # hundreds of them
            yield from entry(shown, [short])
