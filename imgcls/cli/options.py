"""The options of the verbs themselves, declared once for every parser. It needs no torch."""

from argparse import ArgumentError, ArgumentParser, Namespace
from typing import Any, NamedTuple

from imgcls.errors import InputError

VERBS = ("fit", "validate", "test", "predict")


class Option(NamedTuple):
    """One option of some verbs.

    Attributes:
        name: Without its dashes.
        verbs: Which have it.
        shown: What stands for its value in the help; empty for a switch.
        text: What it does.
        several: Whether it takes several values.
        file: Whether its value is a file or a folder, which a shell completes.
    """

    name: str
    verbs: tuple[str, ...]
    shown: str
    text: str
    several: bool = False
    file: bool = True

    @property
    def parsed(self) -> dict[str, Any]:
        """Return how a parser reads it."""
        if not self.shown:
            return {"action": "store_true"}
        return {"nargs": "+"} if self.several else {}


# Read before LightningCLI parses, and taken out of its arguments, see `arguments`.
CONFIG = Option("config", VERBS, "NAME", "a YAML of yours or a shipped name; a later one wins")
CKPT_PATH = Option(
    "ckpt_path", VERBS, "RUN",
    "a run folder, a checkpoint file, or 'best' or 'last' of the experiment's newest run",
)  # fmt: skip
# Options of the parser of each verb.
OWN = (
    Option("name", VERBS, "NAME", "experiment; default the name of the first config", file=False),
    Option("profile", ("fit",), "", "train one epoch and print where its seconds went"),
    Option("images", ("predict",), "PATH ...", "image files and folders to classify", several=True),
    Option("output", ("predict",), "FILE", "write the table to a .csv or .json file"),
    Option("grid", ("predict",), "FILE", "draw images and predictions: .png, .svg or .pdf"),
    Option("grad_cam", ("predict",), "FILE", "draw where each prediction was found, by Grad-CAM"),
)


def options_of(verb: str) -> list[Option]:
    """Return the options that a verb's parser has of its own."""
    return [option for option in OWN if verb in option.verbs]


def add_options(parser: ArgumentParser, verb: str) -> None:
    """Add the options of a verb to its parser, be it argparse's or jsonargparse's."""
    for option in options_of(verb):
        parser.add_argument(f"--{option.name}", help=option.text, **option.parsed)


def files_and_rest(arguments: list[str]) -> tuple[Namespace, list[str]]:
    """Return ``--config`` and ``--ckpt_path``, and all other arguments.

    Raises:
        InputError: One of them has no value.
    """
    parser = _argparse()
    parser.add_argument("-c", "--config", action="append", default=[])
    parser.add_argument("--ckpt_path")
    return _known(parser, arguments)


def peek(verb: str, arguments: list[str]) -> Namespace:
    """Return what arguments say of the options that are needed before they are parsed.

    Args:
        verb: Whose options these are.
        arguments: Are parsed by LightningCLI later, which judges all that is ignored here.

    Raises:
        InputError: One of the options has no value.
    """
    parser = _argparse()
    add_options(parser, verb)
    parser.add_argument("--finetune")
    parser.add_argument("--trainer.default_root_dir", dest="logs")
    return _known(parser, arguments)[0]


def _argparse() -> ArgumentParser:
    return ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)


def _known(parser: ArgumentParser, arguments: list[str]) -> tuple[Namespace, list[str]]:
    try:
        return parser.parse_known_args(arguments)
    except ArgumentError as error:
        raise InputError(f"{error}: see 'imgcls VERB --help'") from error
