"""Pictures and figures as data URIs, which a page holds in itself."""

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
DOTS = 110  # an inch of a figure

Pixels = NDArray[np.uint8]


class SpriteSheet(NamedTuple):
    """Pictures of one size in one, row by row.

    Attributes:
        uri: Of the sheet.
        columns: Pictures in a row.
        width: Of one picture, in pixels.
        height: Of one picture, in pixels.
    """

    uri: str
    columns: int
    width: int
    height: int


def thumbnail(picture: Pixels) -> str:
    """Return a picture ``(C, H, W)``, grey or RGB, made no larger than 96 x 96."""
    return _uri(_shrunk(picture, THUMBNAIL), "PNG", optimize=True)


def sprite_sheet(pictures: Pixels) -> SpriteSheet:
    """Return pictures ``(N, C, H, W)``, grey or RGB, each made no larger than 48 x 48."""
    sprites = [_shrunk(picture, SPRITE) for picture in pictures]
    width, height = sprites[0].size
    columns = math.ceil(math.sqrt(len(sprites)))
    rows = math.ceil(len(sprites) / columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for place, sprite in enumerate(sprites):
        sheet.paste(sprite, (place % columns * width, place // columns * height))
    return SpriteSheet(_uri(sheet, "WEBP", quality=QUALITY), columns, width, height)


def figure_uri(figure: Figure) -> str:
    """Return a figure as PNG."""
    file = io.BytesIO()
    figure.savefig(file, dpi=DOTS, pil_kwargs={"optimize": True})
    return _as_uri(file.getvalue(), "png")


def _shrunk(picture: Pixels, side: int) -> Image.Image:
    channels = picture.transpose(1, 2, 0)
    image = Image.fromarray(np.broadcast_to(channels, (*channels.shape[:2], 3)))
    image.thumbnail((side, side))
    return image


def _uri(image: Image.Image, kind: str, **options: int) -> str:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return _as_uri(file.getvalue(), kind.lower())


def _as_uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
