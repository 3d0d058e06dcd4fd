"""Images without labels, to be classified."""

from collections.abc import Sequence
from pathlib import Path

import torch

from imgcls.data.images import Images
from imgcls.data.sources.image_files import SUFFIXES, Resize, read_images
from imgcls.errors import InputError


def unlabelled_images_of(
    given: Sequence[Path], image_shape: tuple[int, int, int], resize: Resize
) -> tuple[Images, list[str]]:
    """Return the images of files and folders, made ``image_shape``, and what is broken.

    Args:
        given: Image files, and folders whose images are taken, at any depth, sorted by path.
        image_shape: ``(C, H, W)`` that the model takes.
        resize: How images of another size are resized, as in the data it was trained on.

    Returns:
        The readable images, named by path, their labels all 0; and for each other file one line.

    Raises:
        InputError: One of those given is no image and holds none, or none can be read.
    """
    paths = [file for path in given for file in _image_files(path)]
    pixels, readable, broken = read_images(paths, image_shape, resize=resize, title="reading")
    if not len(pixels):
        raise InputError(_none_in(" ".join(map(str, given)), broken))
    names = [str(file) for file, good in zip(paths, readable, strict=True) if good]
    return Images(
        torch.from_numpy(pixels), torch.zeros(len(pixels), dtype=torch.long), names
    ), broken


def _image_files(path: Path) -> list[Path]:
    """Return an image file, or those in a folder."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    found = [file for file in files if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not found:
        raise InputError(_none_in(str(path)))
    return found


def _none_in(given: str, broken: Sequence[str] = ()) -> str:
    return (
        f"--images {given} is no image and holds none that can be read"
        + (f" ({broken[0]})" if broken else "")
        + f": give files or folders of {', '.join(SUFFIXES)}"
    )
