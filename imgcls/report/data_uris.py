"""Images and figures as data URIs, for a self-contained page."""

import base64
import io
import math
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

THUMBNAIL, SPRITE = 96, 48  # pixels of the longer side, at most
QUALITY = 80  # of the sprites, as WebP
DOTS = 110  # per inch of a figure

Pixels = NDArray[np.uint8]


class SpriteSheet(NamedTuple):
    """Images of one size in one sheet, row by row.

    Attributes:
        uri: Data URI of the sheet.
        columns: Images per row.
        width: Width of one image in pixels.
        height: Height of one image in pixels.
    """

    uri: str
    columns: int
    width: int
    height: int


def thumbnail(pixels: Pixels) -> str:
    """Return an image ``(C, H, W)``, grey or RGB, downsized to at most 96 x 96."""
    return _uri(_shrunk(pixels, THUMBNAIL), "PNG", optimize=True)


def sprite_sheet(images: Pixels) -> SpriteSheet:
    """Return images ``(N, C, H, W)``, grey or RGB, each downsized to at most 48 x 48."""
    sprites = [_shrunk(pixels, SPRITE) for pixels in images]
    width, height = sprites[0].size
    columns = math.ceil(math.sqrt(len(sprites)))
    rows = math.ceil(len(sprites) / columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for index, sprite in enumerate(sprites):
        sheet.paste(sprite, (index % columns * width, index // columns * height))
    return SpriteSheet(_uri(sheet, "WEBP", quality=QUALITY), columns, width, height)


def figure_uri(figure: Figure) -> str:
    """Return a figure as PNG."""
    file = io.BytesIO()
    figure.savefig(file, dpi=DOTS, pil_kwargs={"optimize": True})
    return _as_uri(file.getvalue(), "png")


def _shrunk(pixels: Pixels, side: int) -> Image.Image:
    channels = pixels.transpose(1, 2, 0)
    image = Image.fromarray(np.broadcast_to(channels, (*channels.shape[:2], 3)))
    image.thumbnail((side, side))
    return image


def _uri(image: Image.Image, kind: str, **options: int) -> str:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return _as_uri(file.getvalue(), kind.lower())


def _as_uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
