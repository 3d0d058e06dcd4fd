"""Files known again by their names, sizes, times and a sample of their bytes."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from imgcls.data.sources.pixel_source import FileStamp

FILES = 64  # read at most
BLOCKS = 128  # read of them all
BLOCK = 2**15  # bytes


def fingerprint(folder: Path, stamps: Sequence[FileStamp]) -> str:
    """Return a hash of the files' stamps and of a sample of their content.

    Every other size, time or name is seen. Other bytes under the same three are seen in all files
    of a set of up to 64 files of up to 64 kB each, and in a single file of up to 4 MB. Of larger
    sets 64 files are read, evenly spread from the first to the last, and of larger files
    blocks of 32 kB from the first to the last byte, 128 blocks in all; a change between them is
    not seen.

    Args:
        folder: That the paths of the stamps start from.
        stamps: Of all files; those of size 0, folders among them, have no content.
    """
    # Three long lists are twice as fast as 60,000 short ones.
    columns = [[stamp[part] for stamp in stamps] for part in range(len(FileStamp._fields))]
    seen = [*columns, sample(folder, stamps)]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def sample(folder: Path, stamps: Sequence[FileStamp]) -> str:
    """Return a hash of some blocks of some files; a file that cannot be read is left out."""
    digest = hashlib.sha256()
    filled = [stamp for stamp in stamps if stamp.size]
    count = min(len(filled), FILES)
    for row in np.linspace(0, len(filled) - 1, count).astype(int):
        path, size, _ = filled[row]
        starts = np.linspace(0, max(size - BLOCK, 0), BLOCKS // count).astype(int)
        with suppress(OSError), (folder / path).open("rb", buffering=0) as file:
            for start in np.unique(starts):
                file.seek(start)
                digest.update(file.read(BLOCK))
    return digest.hexdigest()
