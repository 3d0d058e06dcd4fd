"""Pictures without labels, to be classified."""

from pathlib import Path

import torch

from imgcls.data.images import Images
from imgcls.data.sources.image_files import SUFFIXES, Resize, read_pictures
from imgcls.errors import InputError


def loose_pictures(
    path: Path, image_shape: tuple[int, int, int], resize: Resize
) -> tuple[Images, list[str]]:
    """Return the pictures of a file or a folder, made ``image_shape``, and what is broken.

    Args:
        path: A picture, or a folder whose pictures are taken, at any depth, sorted by path.
        image_shape: ``(C, H, W)`` that the model takes.
        resize: How pictures of another size are resized, as in the data it was trained on.

    Returns:
        The readable pictures, named by path, their labels all 0; and for each other file one line.

    Raises:
        InputError: There is no readable picture.
    """
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    paths = [file for file in files if file.suffix.lower() in SUFFIXES and file.is_file()]
    pixels, readable, broken = read_pictures(paths, image_shape, resize=resize, title="reading")
    if not len(pixels):
        raise InputError(
            f"--images {path} is no picture and holds none that can be read"
            + (f" ({broken[0]})" if broken else "")
            + f": give a file or a folder of {', '.join(SUFFIXES)}"
        )
    names = [str(file) for file, good in zip(paths, readable, strict=True) if good]
    return Images(
        torch.from_numpy(pixels), torch.zeros(len(pixels), dtype=torch.long), names
    ), broken
