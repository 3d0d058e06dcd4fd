"""What ``imgcls predict`` is asked for. It needs no torch."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

from imgcls.errors import InputError

TABLES, FIGURES = (".csv", ".json"), (".png", ".svg", ".pdf")
ENDINGS = {"output": TABLES, "grid": FIGURES, "grad_cam": FIGURES}
OPTIONS = ("images", *ENDINGS)


@dataclass(frozen=True)
class PredictRequest:
    """What to classify and where the answers go.

    Attributes:
        images: A picture, or a folder of them.
        output: CSV or JSON, by its ending; None prints CSV.
        grid: Figure of the pictures and their answers.
        grad_cam: Figure of where each answer was found.
    """

    images: Path
    output: Path | None
    grid: Path | None
    grad_cam: Path | None


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags of ``imgcls predict``."""
    for option in OPTIONS:
        parser.add_argument(f"--{option}", type=Path)


def predict_request(verb: str, known: Namespace) -> PredictRequest | None:
    """Return what is to be predicted, None for another verb.

    Raises:
        InputError: No pictures, a file that cannot be written, or flags of another verb.
    """
    given = {option: getattr(known, option) for option in OPTIONS}
    if verb != "predict":
        for option, value in given.items():
            if value is not None:
                raise InputError(f"--{option} is a flag of 'imgcls predict', not of {verb}")
        return None
    if not given["images"]:
        raise InputError("'imgcls predict' needs pictures: add --images with a file or a folder")
    for option, endings in ENDINGS.items():
        if given[option]:
            _check_file(option, given[option], endings)
    return PredictRequest(**given)


def _check_file(option: str, path: Path, endings: tuple[str, ...]) -> None:
    if path.suffix.lower() not in endings:
        *others, last = endings
        raise InputError(f"--{option} {path} must end with {', '.join(others)} or {last}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--{option} {path}: there is no folder {path.parent}; make it first")
