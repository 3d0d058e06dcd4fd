"""Images that repeat others pixel by pixel, and grey ones among RGB."""

import hashlib

import numpy as np

from imgcls.data.sources.pixel_source import Pixels


def repeats(pixels: Pixels) -> dict[int, int]:
    """Return the row of each image that repeats an earlier one, and the first such row."""
    first: dict[bytes, int] = {}
    firsts = [first.setdefault(digest, row) for row, digest in enumerate(digests(pixels))]
    return {row: earlier for row, earlier in enumerate(firsts) if row != earlier}


def shared(pixels: Pixels, others: Pixels) -> dict[int, int]:
    """Return the row of each image that is also among ``others``, and its first row there."""
    known: dict[bytes, int] = {}
    for row, digest in enumerate(digests(others)):
        known.setdefault(digest, row)
    rows = [known.get(digest) for digest in digests(pixels)]
    return {row: other for row, other in enumerate(rows) if other is not None}


def digests(pixels: Pixels) -> list[bytes]:
    """Return a hash of each image."""
    return [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in pixels]


def grey_images(pixels: Pixels) -> list[int]:
    """Return the rows of RGB images ``(N, 3, H, W)`` whose three channels are equal."""
    rows: list[int] = []
    for start in range(0, len(pixels), 1000):
        part = pixels[start : start + 1000]
        grey = (part == part[:, :1]).all(axis=(1, 2, 3))
        rows.extend((start + np.flatnonzero(grey)).tolist())
    return rows
