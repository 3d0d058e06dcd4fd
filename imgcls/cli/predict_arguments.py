"""What ``imgcls predict`` is asked for. It needs no torch."""

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from imgcls.errors import InputError

TABLES, FIGURES = (".csv", ".json"), (".png", ".svg", ".pdf")
ENDINGS = {"output": TABLES, "grid": FIGURES, "grad_cam": FIGURES}


@dataclass(frozen=True)
class PredictRequest:
    """What to classify and where the predictions go.

    Attributes:
        images: Image files, and folders of them.
        output: CSV or JSON, by its ending; None prints CSV.
        grid: Figure of the images and their predictions.
        grad_cam: Figure of where each prediction was found.
    """

    images: list[Path]
    output: Path | None
    grid: Path | None
    grad_cam: Path | None


def predict_request(asked: Namespace) -> PredictRequest:
    """Return what is to be predicted.

    Args:
        asked: The options of ``imgcls predict``, as they are written.

    Raises:
        InputError: No images, or a file that cannot be written.
    """
    if not asked.images:
        raise InputError("'imgcls predict' needs images: add --images with files or folders")
    files: dict[str, Path | None] = dict.fromkeys(ENDINGS)
    for option, endings in ENDINGS.items():
        if written := getattr(asked, option):
            files[option] = Path(written)
            _check_file(option, Path(written), endings)
    return PredictRequest([Path(path) for path in asked.images], **files)


def _check_file(option: str, path: Path, endings: tuple[str, ...]) -> None:
    if path.suffix.lower() not in endings:
        *others, last = endings
        raise InputError(f"--{option} {path} must end with {', '.join(others)} or {last}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--{option} {path}: there is no folder {path.parent}; make it first")
