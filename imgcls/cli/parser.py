"""LightningCLI's parser, whose complaints are exceptions."""

from contextlib import suppress
from typing import Any, NoReturn

from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser

from imgcls.cli import data_settings
from imgcls.cli.options import OWN, VERBS, add_options
from imgcls.errors import InputError
from imgcls.runs import fine_tuning, tuning
from imgcls.runs.migration import FORMAT

# What LightningCLI's verbs take and the command sets itself.
SET_BY_US = ("ckpt_path", "weights_only", "verbose", "return_predictions")
NOT_SAVED = ("config", "allow_changed_data", *SET_BY_US, *(option.name for option in OWN))


class ComplaintError(InputError):
    """What jsonargparse says of arguments, in its own words."""


class Parser(LightningArgumentParser):
    """A parser that raises its complaints, in place of printing the usage and leaving.

    A flag is taken as it is written: an abbreviation is a misspelling.

    Args:
        verb: Whose options it has; None for none.
    """

    def __init__(self, *args: Any, verb: str | None = None, **kwargs: Any) -> None:
        self.verb = verb
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise the complaint."""
        raise input_error_in(ex) or ComplaintError(message) from ex

    def dump(self, namespace: Namespace, **kwargs: Any) -> str:
        """Return a config as YAML, without what belongs to one call of the command.

        The parsers of classes are of this kind too; their settings are all saved.
        """
        saved = namespace.clone()
        for part in [saved] if self.verb else [saved.get(verb) for verb in VERBS]:
            for name in NOT_SAVED:
                with suppress(KeyError, AttributeError, TypeError):
                    del part[name]
        text: str = super().dump(saved, **kwargs)
        return text


def add_settings(parser: LightningArgumentParser) -> None:
    """Add the settings outside of the sections, and the options of the parser's verb."""
    for part in (fine_tuning, tuning, data_settings):
        part.add_arguments(parser)
    parser.add_argument("--format_version", type=int, default=FORMAT, help="set by imgcls")
    if verb := getattr(parser, "verb", None):
        add_options(parser, verb)


def input_error_in(error: BaseException | None) -> InputError | None:
    """Return the `InputError` among an exception's causes, which jsonargparse wraps."""
    while error is not None:
        if isinstance(error, InputError):
            return error
        error = error.__cause__ or error.__context__
    return None
