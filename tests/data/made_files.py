"""Small data sets in the formats that real ones come in."""

import gzip
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def made_pixels(count: int, seed: int = 0, shape: tuple[int, ...] = (3, 32, 32)) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def write_image(path: Path, pixels: Pixels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)).save(path)


def write_tree(
    folder: Path,
    counts: Mapping[str, int],
    splits: Iterable[str] = ("train", "test"),
    shape: tuple[int, ...] = (3, 32, 32),
    flat: bool = False,
    suffix: str = ".png",
) -> None:
    for seed, split in enumerate(splits):
        for name, count in counts.items():
            for number, pixels in enumerate(made_pixels(count, seed * 1000 + len(name), shape)):
                file = f"{name}_{number}{suffix}"
                write_image(folder / split / ("" if flat else name) / file, pixels)


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_idx(folder: Path, images: Pixels, labels: Iterable[int], compressed: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"images-idx3": images, "labels-idx1": np.array(list(labels), np.uint8)}
    for split in ("train", "t10k"):
        for name, array in arrays.items():
            content = idx_bytes(array)
            file = folder / f"{split}-{name}-ubyte"
            if compressed:
                file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content))
            else:
                file.write_bytes(content)


def write_batch(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol=2))


def write_cifar10(folder: Path, pixels: Pixels, labels: list[int]) -> None:
    batch = {b"data": pixels.reshape(len(pixels), -1), b"labels": labels, b"filenames": []}
    for name in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]:
        write_batch(folder / name, batch)


def write_stl10(folder: Path, pixels: Pixels, labels: list[int]) -> None:
    """Write both splits alike: each channel column by column, the labels counted from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = [
        channel[:, column].tobytes()
        for image in pixels
        for channel in image
        for column in range(pixels.shape[3])
    ]
    for split in ("train", "test"):
        (folder / f"{split}_X.bin").write_bytes(b"".join(columns))
        (folder / f"{split}_y.bin").write_bytes(bytes(label + 1 for label in labels))
