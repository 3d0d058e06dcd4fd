"""An empty figure, with its author and the time at its foot."""

import os
import textwrap
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError

AUTHOR = "IMGCLS_AUTHOR"  # environment variable: the author named at the foot of every figure
LETTERS_PER_INCH = 10  # of a title


def new_figure(width: float, height: float, title: str) -> Figure:
    """Return an empty figure, stamped if ``IMGCLS_AUTHOR`` names somebody.

    Args:
        width: In inches.
        height: In inches.
        title: Its lines are wrapped to the width.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(_wrapped(title, width))
    if author := os.environ.get(AUTHOR):
        stamp(figure, author)
    return figure


def new_axes(width: float, height: float, title: str, axes: Axes | None) -> tuple[Figure, Axes]:
    """Return the figure and axes to draw a chart on: the given axes, else those of a new figure.

    Args:
        width: Of a new figure, in inches.
        height: Of a new figure, in inches.
        title: Above the given axes or the new figure.
        axes: Of any figure.

    Raises:
        InputError: The axes were removed from their figure.
    """
    if axes is None:
        made = new_figure(width, height, title)
        return made, made.subplots()
    figure = axes.get_figure(root=True)
    if figure is None:
        raise InputError("the axes to draw on belong to no figure: give axes of a figure")
    axes.set_title(_wrapped(title, axes.get_position().width * figure.get_figwidth()))
    return figure, axes


def _wrapped(title: str, width: float) -> str:
    lines = (textwrap.fill(line, int(LETTERS_PER_INCH * width)) for line in title.splitlines())
    return "\n".join(lines)


def stamp(figure: Figure, author: str, at: datetime | None = None) -> None:
    """Write ``<author>: 2026-01-31 12:00:00`` at the foot, replacing an earlier stamp.

    Args:
        figure: Any figure; one with a layout engine makes room.
        author: A name or a number that identifies somebody.
        at: The time; default now.
    """
    text = f"{author}: {at or datetime.now():%Y-%m-%d %H:%M:%S}"
    figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color="0.35")
