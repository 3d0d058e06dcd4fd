"""Figures as an animation."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

DOTS = 100  # per inch
FRAME, LAST = 500, 2000  # milliseconds of a frame, and of the last one before the animation repeats


def write_animation(figures: Iterable[Figure], path: Path) -> None:
    """Write figures of one size as an animated GIF that repeats.

    Args:
        figures: At least one, in order.
        path: Path of the file.
    """
    frames = [_pixels(figure) for figure in figures]
    times = [*[FRAME] * (len(frames) - 1), LAST]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0)


def _pixels(figure: Figure) -> Image.Image:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=DOTS)
    return Image.open(file).convert("RGB").quantize(256)
