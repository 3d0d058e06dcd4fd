"""Files known again by their content alone."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from imgcls.data.sources.cache import cached
from imgcls.data.sources.fingerprint import fingerprint
from imgcls.data.sources.pixel_source import Decoded, FileStamp
from imgcls.errors import InputError

SIZE = 8  # bytes of a hash; of a million files two have the same with a probability of 3e-8


def content_hashes(folder: Path, stamps: Sequence[FileStamp]) -> dict[str, str]:
    """Return the hash of each file's bytes, by its path; files are read again when one changes.

    Args:
        folder: That the paths of the stamps start from.
        stamps: Of the files.

    Raises:
        InputError: A file cannot be read.
    """

    def read() -> Decoded:
        paths = [folder / stamp.path for stamp in stamps]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            title = f"hashing {folder.name}"
            digests = list(tqdm(pool.map(content_hash, paths), title, len(paths), delay=1))
        rows = np.frombuffer(b"".join(digests), np.uint8).reshape(len(paths), SIZE)
        return Decoded(rows, np.zeros(0, np.int64), None, (), ())  # a row of bytes for an image

    settings = ["blake2b", SIZE, fingerprint(folder, stamps)]
    rows = cached("imagefolder-hashes", folder.resolve(), settings, read).pixels
    return {stamp.path: row.tobytes().hex() for stamp, row in zip(stamps, rows, strict=True)}


def content_hash(path: Path) -> bytes:
    """Return a hash of a file's bytes.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=SIZE)).digest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
