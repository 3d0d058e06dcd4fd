"""The one error that a user can mend, and what its text suggests."""

import difflib
from collections.abc import Collection, Iterable

LISTED = 15  # names, before "and N more"


class InputError(ValueError):
    """Something in the command, a config, a data set or a checkpoint that the user can mend.

    Its text is one line: what is wrong, both values, what to do. `imgcls.main` prints it and
    exits with code 2; every other exception is a defect of imgcls and keeps its traceback.
    """


class DiskFullError(InputError):
    """No room for a checkpoint: the machine's fault, not that of what was to be trained."""


def did_you_mean(name: str, known: Iterable[str], most: int = 3) -> str:
    """Return ``: did you mean a or b?`` for the end of a message, or ``; there are a, b, c``.

    Args:
        name: What the user wrote; its case does not count.
        known: What could have been meant.
        most: How many near names are suggested.
    """
    names = {each.casefold(): each for each in known}
    if near := difflib.get_close_matches(name.casefold(), names, most):
        return f": did you mean {' or '.join(names[each] for each in near)}?"
    return f"; there are {listed([*names.values()], LISTED)}"


def listed(names: Collection[str], most: int = 5, separator: str = ", ") -> str:
    """Return "a, b, c", or the first few of many and the number of the others."""
    more = len(names) - most
    return separator.join([*names][:most]) + (f" and {more} more" if more > 0 else "")
