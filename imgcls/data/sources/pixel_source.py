"""What every source of pixels can say of a split: its files, what is wrong, the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from imgcls.batch import Split

OfficialSplit = Literal["train", "test"]
Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]


class FileStamp(NamedTuple):
    """A file as the cache knows it again.

    Attributes:
        path: Relative to the source's folder.
        size: Bytes.
        mtime: Time of the last change, in nanoseconds.
    """

    path: str
    size: int
    mtime: int


def stamp(path: Path, folder: Path) -> FileStamp:
    """Return the stamp of one file under ``folder``."""
    status = path.stat()
    return FileStamp(path.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class Decoded:
    """One split in memory.

    Attributes:
        pixels: ``(N, C, H, W)``.
        labels: ``(N,)``.
        names: ``<class>/<file stem>`` of each image, where the source has names.
        mean: Of each channel, in [0, 1].
        std: Of each channel, in [0, 1].
        broken: One line for each file that is left out because it cannot be read.
    """

    pixels: Pixels
    labels: Labels
    names: list[str] | None
    mean: tuple[float, ...]
    std: tuple[float, ...]
    broken: tuple[str, ...] = ()


def decoded(
    pixels: Pixels,
    labels: Labels,
    names: list[str] | None = None,
    broken: tuple[str, ...] = (),
) -> Decoded:
    """Return a split with the mean and standard deviation of its channels."""
    mean, std = channel_statistics(pixels)
    return Decoded(pixels, labels, names, mean, std, broken)


def channel_statistics(pixels: Pixels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the exact mean and standard deviation of each channel, in [0, 1].

    They come from the counts of the 256 levels, since floats of a whole split would take 8 times
    its memory.
    """
    counts = np.zeros((pixels.shape[1], 256))
    for start in range(0, len(pixels), 1000):
        for channel, count in enumerate(counts):
            count += np.bincount(pixels[start : start + 1000, channel].ravel(), minlength=256)
    levels = np.arange(256) / 255
    fractions = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    mean = fractions @ levels
    std = np.sqrt(np.maximum(fractions @ levels**2 - mean**2, 0))
    return tuple(mean.tolist()), tuple(std.tolist())


class PixelSource(Protocol):
    """Where the pixels of a data set lie, whatever their format."""

    @property
    def kind(self) -> str:
        """What it is, in words."""

    @property
    def folder(self) -> Path:
        """Where it was found."""

    @property
    def resize(self) -> str | None:
        """How images of another size are resized; None where they never are."""

    def files(self, split: Split) -> list[FileStamp]:
        """Return all that the pixels of a split depend on."""

    def problems(self, split: Split, classes: Sequence[str], needed: Sequence[str]) -> list[str]:
        """Return what is wrong that can be seen without decoding, one line each.

        Args:
            split: Of which images.
            classes: All that the data set has.
            needed: Those of them that must be there.
        """

    def read(
        self, split: Split, classes: Sequence[str], image_shape: tuple[int, int, int]
    ) -> Decoded:
        """Decode a split; leave out, and name, the files that cannot be read."""


class OfficialFiles:
    """Files as the authors of a data set publish them: what is the same for all formats."""

    def problems(self, split: Split, classes: Sequence[str], needed: Sequence[str]) -> list[str]:
        """Return nothing: all that can be wrong is inside the files."""
        return []
