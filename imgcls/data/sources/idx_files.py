"""The IDX format of MNIST and its kin (LeCun, Cortes and Burges, 1998)."""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from imgcls.batch import Split
from imgcls.data.sources.pixel_source import (
    Decoded,
    FileStamp,
    OfficialFiles,
    Pixels,
    decoded,
    stamp,
)
from imgcls.errors import InputError

NAMES: Mapping[Split, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


@dataclass(frozen=True)
class IdxFiles(OfficialFiles):
    """The four files, plain or compressed, in one folder."""

    folder: Path
    kind: ClassVar[str] = "IDX files"
    resize: ClassVar[None] = None

    def files(self, split: Split) -> list[FileStamp]:
        """Return the file of the images and the file of the labels."""
        return [stamp(idx_path(self.folder, name), self.folder) for name in NAMES[split]]

    def read(
        self, split: Split, classes: Sequence[str], image_shape: tuple[int, int, int]
    ) -> Decoded:
        """Return the images ``(N, 1, H, W)`` in their official order."""
        images, labels = (read_idx(idx_path(self.folder, name)) for name in NAMES[split])
        return decoded(images[:, None], labels.astype(np.int64))


def find_idx_files(root: Path) -> IdxFiles | None:
    """Return the files in ``root`` or, as torchvision has them, in its folder ``raw``."""
    for folder in (root / "raw", root):
        names = [name for pair in NAMES.values() for name in pair]
        if all(idx_path(folder, name).is_file() for name in names):
            return IdxFiles(folder)
    return None


def idx_path(folder: Path, name: str) -> Path:
    """Return the plain file if it is there, else the compressed one."""
    plain = folder / name
    return plain if plain.is_file() else folder / f"{name}.gz"


def read_idx(path: Path) -> Pixels:
    """Return the array of one file.

    Raises:
        InputError: The file is cut short or is something else.
    """
    advice = "delete it, so that it is downloaded again, or put a whole copy there"
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is not a whole gzip file ({error}): {advice}") from error
    if content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * content[3]:
        raise InputError(f"{path} is not an IDX file of bytes: {advice}")
    start = 4 + 4 * content[3]
    shape = np.frombuffer(content[4:start], ">u4").tolist()
    expected = start + int(np.prod(shape))
    if len(content) != expected:
        raise InputError(
            f"{path} holds {len(content)} bytes, not the {expected} of its header: {advice}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
