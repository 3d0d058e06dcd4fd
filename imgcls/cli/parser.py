"""LightningCLI's parser, whose complaints are exceptions."""

from typing import Any, NoReturn

from lightning.pytorch.cli import LightningArgumentParser

from imgcls.errors import InputError


class Parser(LightningArgumentParser):
    """A parser that raises its complaints, in place of printing the usage and leaving.

    A flag is taken as it is written: an abbreviation is a misspelling.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the complaint."""
        raise input_error_in(ex) or InputError(message) from ex


def input_error_in(error: BaseException | None) -> InputError | None:
    """Return the `InputError` among an exception's causes, which jsonargparse wraps."""
    while error is not None:
        if isinstance(error, InputError):
            return error
        error = error.__cause__ or error.__context__
    return None
