"""The binary files of STL-10 (Coates, Ng and Lee, 2011)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcls.batch import Split
from imgcls.data.sources.pixel_source import (
    Decoded,
    FileStamp,
    OfficialFiles,
    Pixels,
    decoded,
    stamp,
)
from imgcls.errors import InputError, listed

SIDE = 96
IMAGE = 3 * SIDE * SIDE  # bytes of one
FILES = tuple(f"{split}_{part}.bin" for split in ("train", "test") for part in "Xy")
ADVICE = "put a whole copy there, or delete all four files, so that they are downloaded again"


@dataclass(frozen=True)
class Stl10Files(OfficialFiles):
    """The images and the labels of both splits in one folder."""

    folder: Path
    kind: ClassVar[str] = "STL-10 binary files"
    resize: ClassVar[str] = "squeeze"

    def files(self, split: Split) -> list[FileStamp]:
        """Return the file of the images and the file of the labels."""
        return [stamp(self.folder / f"{split}_{part}.bin", self.folder) for part in "Xy"]

    def read(
        self, split: Split, classes: Sequence[str], image_shape: tuple[int, int, int]
    ) -> Decoded:
        """Return the images ``(N, 3, H, W)`` in their official order, of the size asked for."""
        pixels = read_pixels(self.folder / f"{split}_X.bin")
        labels = read_labels(self.folder / f"{split}_y.bin", len(classes))
        return decoded(resized(pixels, image_shape), labels)


def find_stl10_files(root: Path) -> Stl10Files | None:
    """Return the files in ``root`` or in its folder ``stl10_binary``.

    Raises:
        InputError: Some of the four are there, but not all.
    """
    for folder in (root / "stl10_binary", root):
        missing = [name for name in FILES if not (folder / name).is_file()]
        if not missing:
            return Stl10Files(folder)
        if len(missing) < len(FILES):
            raise InputError(
                f"{folder} has no {listed(missing)}, but others of the four files: {ADVICE}"
            )
    return None


def read_pixels(path: Path) -> Pixels:
    """Return the images ``(N, 3, 96, 96)`` of a file; each channel lies there column by column.

    Raises:
        InputError: The file holds no whole number of images.
    """
    size = path.stat().st_size
    if size == 0 or size % IMAGE:
        raise InputError(
            f"{path} holds {size} bytes, no multiple of the {IMAGE} of an image: {ADVICE}"
        )
    columns = np.memmap(path, np.uint8, "r").reshape(-1, 3, SIDE, SIDE)
    return np.ascontiguousarray(columns.transpose(0, 1, 3, 2))


def read_labels(path: Path, num_classes: int) -> NDArray[np.int64]:
    """Return the labels ``(N,)`` of a file, from 0; the file counts from 1.

    Raises:
        InputError: A label is out of range.
    """
    labels = np.frombuffer(path.read_bytes(), np.uint8).astype(np.int64)
    if len(labels) and not 1 <= labels.min() <= labels.max() <= num_classes:
        raise InputError(
            f"labels in {path} go from {labels.min()} to {labels.max()}, "
            f"not from 1 to {num_classes}: {ADVICE}"
        )
    return labels - 1


def resized(pixels: Pixels, image_shape: tuple[int, int, int]) -> Pixels:
    """Return images ``(N, 3, H, W)`` resized with antialiasing."""
    _, rows, columns = image_shape
    if pixels.shape[2:] == (rows, columns):
        return pixels
    small = np.empty((len(pixels), *image_shape), np.uint8)
    for row, image in enumerate(pixels):
        whole = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
        small[row] = np.asarray(whole.resize((columns, rows))).transpose(2, 0, 1)
    return small
