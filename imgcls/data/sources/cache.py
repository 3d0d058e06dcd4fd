"""Decoded images saved between runs, opened in milliseconds."""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from imgcls.data.sources.pixel_source import Decoded
from imgcls.errors import InputError

LAYOUT = 2  # to be raised when the files below, or how images are decoded, change
CHECKED = ("about.json", "labels.npy", "pixels.npy")
SUMS = "sums.txt"
ENTRY = re.compile(r"[^.].*-(train|val|test|hashes)-[0-9a-f]{16}")
READ_ONCE = 2**30  # bytes; a larger file is checked once in a process, not at each opening


def cache_folder() -> Path:
    """Return ``$XDG_CACHE_HOME/imgcls``, by default ``~/.cache/imgcls``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imgcls"


def cached(title: str, folder: Path, settings: object, decode: Callable[[], Decoded]) -> Decoded:
    """Return the decoded split from the cache; decode and save it the first time.

    A damaged entry is reported on stderr and made again.

    Args:
        title: Start of the entry's name, for people who list the cache.
        folder: Of the source, resolved; its entries can be pruned once it is gone.
        settings: All else that the pixels depend on; a change of any makes another entry.
        decode: Called when there is no sound entry.
    """
    key = hashlib.sha256(json.dumps([LAYOUT, str(folder), settings]).encode()).hexdigest()[:16]
    entry = cache_folder() / f"{title}-{key}"
    if entry.is_dir():
        try:
            return opened(entry)
        except OSError as error:
            reason = error.strerror or error
            print(f"{entry} is damaged ({reason}): it is made again", file=sys.stderr, flush=True)
            shutil.rmtree(entry, ignore_errors=True)
    split = decode()
    try:
        save(split, folder, entry)
        return opened(entry)
    except OSError as error:
        warnings.warn(
            f"{title} cannot be cached in {cache_folder()} ({error}): "
            "every run will decode it again; set XDG_CACHE_HOME to a folder with space",
            stacklevel=2,
        )
        return split


def opened(entry: Path) -> Decoded:
    """Return an entry, its pixels mapped copy-on-write, after a check of all its bytes.

    Raises:
        OSError: A file is missing, cannot be read, or is not as it was written.
    """
    if (entry / SUMS).read_bytes() != sums(entry):
        raise OSError("its content is not what was written")
    about = json.loads((entry / "about.json").read_bytes())
    return Decoded(
        np.load(entry / "pixels.npy", mmap_mode="c"),
        np.load(entry / "labels.npy"),
        about["names"],
        tuple(about["mean"]),
        tuple(about["std"]),
    )


def save(split: Decoded, folder: Path, entry: Path) -> None:
    """Write an entry under another name first, so that none is ever half there."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".", dir=entry.parent))
    try:
        np.save(unfinished / "pixels.npy", split.pixels)
        np.save(unfinished / "labels.npy", split.labels)
        about = {
            "layout": LAYOUT,
            "folder": str(folder),
            "names": split.names,
            "mean": split.mean,
            "std": split.std,
        }
        (unfinished / "about.json").write_text(json.dumps(about), encoding="utf-8")
        (unfinished / SUMS).write_bytes(sums(unfinished))
        unfinished.replace(entry)
    except OSError:
        if not entry.is_dir():  # else another process was first, with the same content
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def sums(entry: Path) -> bytes:
    """Return the checksums of an entry's files, a line each."""
    return "".join(f"{checksum(entry / name):08x}  {name}\n" for name in CHECKED).encode()


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file, above `READ_ONCE` bytes that of its first reading.

    CRC-32 sees every single flipped bit and all but 1 in 4 billion of larger damages.
    """
    status = path.stat()
    if status.st_size <= READ_ONCE:
        return crc32(path)
    return first_crc32(path, status.st_ino, status.st_size, status.st_mtime_ns)


def crc32(path: Path) -> int:
    """Return the CRC-32 of a file, not through a map, where a bad sector would be a crash."""
    block = memoryview(bytearray(2**18))
    total = 0
    with path.open("rb", buffering=0) as file:
        while length := file.readinto(block):
            total = zlib.crc32(block[:length], total)
    return total


@cache
def first_crc32(path: Path, inode: int, size: int, mtime: int) -> int:
    """Return the CRC-32 of a file, read again only where it is another file."""
    return crc32(path)


class Removed(NamedTuple):
    """An entry that is no longer in the cache.

    Attributes:
        name: Of its folder.
        size: Bytes.
        reason: Why nobody will open it.
    """

    name: str
    size: int
    reason: str


def prune() -> Iterator[Removed]:
    """Remove the entries that nobody will open, and yield each; other folders stay.

    Raises:
        InputError: One cannot be removed.
    """
    for entry in sorted(cache_folder().glob("*")):
        reason = ENTRY.fullmatch(entry.name) and reason_to_remove(entry)
        if reason:
            size = sum(file.stat().st_size for file in entry.iterdir())
            try:
                shutil.rmtree(entry)
            except OSError as error:
                raise InputError(f"{entry} cannot be removed: {error}") from error
            yield Removed(entry.name, size, reason)


def reason_to_remove(entry: Path) -> str | None:
    """Return why an entry will not be opened again, or None where it may be."""
    try:
        about = json.loads((entry / "about.json").read_bytes())
        if about.get("layout") != LAYOUT:
            return "another version of imgcls wrote it"
        folder = Path(about["folder"])
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return "it is damaged"
    return None if folder.is_dir() else f"{folder} is gone"
