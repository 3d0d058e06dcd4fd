"""Where a value of a config or a flag stands, and what may stand there."""

from collections.abc import Iterator
from typing import NamedTuple

from imgcls.cli.class_keys import BUILT, SECTIONS, bases_in, hint_of

COMMAND_LINE = "command line"  # the source of flags


class Slot(NamedTuple):
    """Where a value stands and what may stand there.

    Attributes:
        owner: The class whose key it is, or `TopLevel`.
        key: The key.
        path: Dotted keys without ``init_args``, with positions in lists.
        shown: As the user wrote it.
        source: The file, or the command line.
    """

    owner: type
    key: str
    path: str
    shown: str
    source: str

    @property
    def bases(self) -> tuple[type, ...]:
        """What is built here from a class path; empty where nothing is."""
        if self.path in BUILT:
            return (SECTIONS[self.path],)
        return bases_in(hint_of(self.owner, self.key))

    @property
    def is_flag(self) -> bool:
        """Whether the value is a text of the command line."""
        return self.source == COMMAND_LINE

    def item(self, position: int) -> "Slot":
        """Return the slot of an item of a list."""
        return self._replace(path=f"{self.path}[{position}]", shown=f"{self.shown}[{position}]")

    def below(self, owner: type, key: str) -> "Slot":
        """Return the slot of an argument of the class that is built here."""
        return Slot(owner, key, f"{self.path}.{key}", f"{self.shown}.init_args.{key}", self.source)


def read_flags(flags: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each flag's name with what follows it; first an empty name, if anything precedes."""
    name, values = "", list[str]()
    for flag in flags:
        if not flag.startswith("--"):
            values.append(flag)
            continue
        if name or values:
            yield name, values
        name, equals, value = flag.removeprefix("--").partition("=")
        values = [value] if equals else []
    if name or values:
        yield name, values
