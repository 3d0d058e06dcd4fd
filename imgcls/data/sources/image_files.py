"""Image files to pixels."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from imgcls.data.sources.pixel_source import Pixels
from imgcls.errors import InputError

Resize = Literal["crop", "squeeze"]
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")


def rgb_square(image_size: int) -> tuple[int, int, int]:
    """Return the shape ``(3, H, W)`` of square images.

    Raises:
        InputError: The size is below 1.
    """
    if image_size < 1:
        raise InputError(f"image_size is {image_size}: it must be at least 1")
    return 3, image_size, image_size


def read_image(path: Path, image_shape: tuple[int, int, int], resize: Resize | None) -> Pixels:
    """Return one image ``(C, H, W)``, grey or RGB as the shape asks.

    Args:
        path: Its file.
        image_shape: ``(C, H, W)``.
        resize: What is done to another size, with antialiasing: ``crop`` scales the shorter side
            and keeps the centre, ``squeeze`` scales both sides. The image is then turned as its
            EXIF data say. With None, another size is an error.
    """
    channels, rows, columns = image_shape
    with Image.open(path) as opened:
        turned = ImageOps.exif_transpose(opened) if resize else opened
        coloured = eight_bit(turned).convert("L" if channels == 1 else "RGB")
    if coloured.size != (columns, rows):
        if not resize:
            width, height = coloured.size
            raise InputError(f"it is {width}x{height}, not {columns}x{rows}")
        if resize == "crop":
            coloured = ImageOps.fit(coloured, (columns, rows))
        else:
            coloured = coloured.resize((columns, rows))
    return np.asarray(coloured).reshape(rows, columns, channels).transpose(2, 0, 1)


def eight_bit(image: Image.Image) -> Image.Image:
    """Return 16-bit grey scaled to 8 bits, which Pillow would clip at 255; all else as it is."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))


def read_or_reason(
    path: Path, image_shape: tuple[int, int, int], resize: Resize | None
) -> Pixels | str:
    """Return one image ``(C, H, W)``, or why it cannot be read."""
    try:
        return read_image(path, image_shape, resize)
    except Exception as error:  # on a broken file Pillow's decoders raise a dozen kinds
        text = getattr(error, "strerror", None) or str(error).replace(f" {str(path)!r}", "")
        return text or type(error).__name__


def read_images(
    paths: list[Path], image_shape: tuple[int, int, int], resize: Resize | None, title: str
) -> tuple[Pixels, NDArray[np.bool_], list[str]]:
    """Decode many images.

    Returns:
        The pixels ``(M, C, H, W)`` of the M readable ones, which of the N files those are
        ``(N,)``, and for each of the others its path with the reason.
    """
    pixels = np.empty((len(paths), *image_shape), np.uint8)
    whole = np.ones(len(paths), bool)
    broken = []
    read = partial(read_or_reason, image_shape=image_shape, resize=resize)
    # Threads pay for photographs; 32x32 PNGs are a quarter slower with them.
    with ThreadPoolExecutor(os.cpu_count() if resize else 1) as pool:
        images = pool.map(read, paths) if resize else map(read, paths)
        progress = tqdm(images, title, len(paths), unit=" images", mininterval=1, delay=1)
        for row, image in enumerate(progress):
            if isinstance(image, str):
                whole[row] = False
                broken.append(f"{paths[row]}: {image}")
            else:
                pixels[row] = image
    return pixels if whole.all() else pixels[whole], whole, broken
