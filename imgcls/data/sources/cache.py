"""Decoded pictures kept between runs, opened in milliseconds."""

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from imgcls.data.sources.pixel_source import Decoded

LAYOUT = 1  # to be raised when the files below, or how pictures are decoded, change


def cache_folder() -> Path:
    """Return ``$XDG_CACHE_HOME/imgcls``, by default ``~/.cache/imgcls``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imgcls"


def cached(title: str, facts: object, decode: Callable[[], Decoded]) -> Decoded:
    """Return the decoded split from the cache; decode and keep it the first time.

    Args:
        title: Start of the entry's name, for people who look into the cache.
        facts: All that the pixels depend on; a change of any makes another entry.
        decode: Called when there is no entry.
    """
    key = hashlib.sha256(json.dumps([LAYOUT, facts]).encode()).hexdigest()[:16]
    entry = cache_folder() / f"{title}-{key}"
    if entry.is_dir():
        try:
            return opened(entry)
        except (OSError, ValueError, KeyError):  # after a power cut, say
            shutil.rmtree(entry, ignore_errors=True)
    split = decode()
    try:
        keep(split, entry)
        return opened(entry)
    except OSError as error:
        warnings.warn(
            f"{title} cannot be cached in {cache_folder()} ({error}): "
            "every run will decode it again; set XDG_CACHE_HOME to a folder with space",
            stacklevel=2,
        )
        return split


def opened(entry: Path) -> Decoded:
    """Return an entry, its pixels mapped copy-on-write."""
    about = json.loads((entry / "about.json").read_text())
    return Decoded(
        np.load(entry / "pixels.npy", mmap_mode="c"),
        np.load(entry / "labels.npy"),
        about["names"],
        tuple(about["mean"]),
        tuple(about["std"]),
    )


def keep(split: Decoded, entry: Path) -> None:
    """Write an entry under another name first, so that none is ever half there."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".", dir=entry.parent))
    try:
        np.save(unfinished / "pixels.npy", split.pixels)
        np.save(unfinished / "labels.npy", split.labels)
        about = {"names": split.names, "mean": split.mean, "std": split.std}
        (unfinished / "about.json").write_text(json.dumps(about))
        unfinished.replace(entry)
    except OSError:
        if not entry.is_dir():  # else another process was first, with the same content
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
