"""jsonargparse's complaints, told so that the user can mend the YAML."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from lightning.pytorch.cli import LightningArgumentParser

from imgcls.errors import InputError


def input_error_in(error: BaseException | None) -> InputError | None:
    """Return the `InputError` among an exception's causes, which jsonargparse wraps."""
    while error is not None:
        if isinstance(error, InputError):
            return error
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def unwrapped() -> Iterator[None]:
    """Let an `InputError` of a constructor out of what it was wrapped in."""
    try:
        yield
    except Exception as error:
        if inner := input_error_in(error):
            raise inner from error
        raise


class Parser(LightningArgumentParser):
    """A parser whose errors are one line, in place of the usage and a stack of reasons."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the mistake as an `InputError`."""
        raise input_error_in(ex) or InputError(message) from ex
