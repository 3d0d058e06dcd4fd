"""Figures as a film."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

DOTS = 100  # an inch
FRAME, LAST = 500, 2000  # milliseconds that a frame stays, and the last one before all begins anew


def write_film(figures: Iterable[Figure], path: Path) -> None:
    """Write figures of one size as an animated GIF that repeats itself.

    Args:
        figures: At least one, in order.
        path: Of the file.
    """
    frames = [_pixels(figure) for figure in figures]
    times = [*[FRAME] * (len(frames) - 1), LAST]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0)


def _pixels(figure: Figure) -> Image.Image:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=DOTS)
    return Image.open(file).convert("RGB").quantize(256)
