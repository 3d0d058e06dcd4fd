"""Points in the plane, coloured by class."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from imgcls.errors import InputError
from imgcls.plots.arrays import Floats, class_numbers, finite
from imgcls.plots.figures import new_axes

MARKERS = "o^sDvPX<>*"  # with ten colours, a hundred kinds of points
NAMELESS = 10  # kinds of points that need no names beyond the legend
LISTED = 20  # names that fit in a legend, and in large letters among the points
LETTER, LINE = 0.0013, 0.0037  # of the width of all points, for each point of a letter's size
MARGIN = 1.1  # width of the axes, of the width of all points
VECTORS = 2000  # points that a vector graphic holds one by one


def scatter(
    points: ArrayLike,
    labels: ArrayLike,
    classes: Sequence[str],
    title: str = "",
    groups: Mapping[str, str] | None = None,
    highlight: Collection[str] = (),
    measures: Mapping[str, float] | None = None,
    room: ArrayLike | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Return points coloured by class, or by group of classes; classes are named at their medians.

    Up to ten colours are explained by the legend only.

    Args:
        points: ``(N, 2)``, such as an embedding by t-SNE.
        labels: ``(N,)``, in [0, K).
        classes: The K class names.
        title: Title of the figure.
        groups: Class to group, such as the 20 superclasses of CIFAR-100.
        highlight: Classes or groups in colour; all others are grey. Default all.
        measures: Measures of the embedding by name, for the title.
        room: Points ``(M, 2)`` that define the axes' limits, such as those of all frames of an
            animation; default the points that are drawn.
        axes: Axes to draw on instead of a new figure.

    Raises:
        InputError: There are no points, the labels do not match them, or a class to highlight has
            no points.
    """
    array = finite(points, "points", 2)
    numbers = class_numbers(labels, len(array), len(classes))
    if array.shape[1] != 2:
        raise InputError(f"points have {array.shape[1]} coordinates: give 2")
    names = np.array(classes)[numbers]
    present = [name for name in classes if name in names]
    kinds, coloured = _kinds(present, groups or {}, highlight)
    figure, axes = new_axes(9, 6.5, _title(title, measures), axes)
    _frame(axes, array if room is None else finite(room, "points to have room for", 2))
    _draw(axes, array, np.array([kinds[name] for name in names]), coloured)
    if len(coloured) > NAMELESS:
        named = [name for name in present if kinds[name] in coloured]
        _name(axes, {name: np.median(array[names == name], axis=0) for name in named})
    if len(coloured) <= LISTED:
        right: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
        axes.legend(**right, frameon=False, fontsize=8, markerscale=2)
        axes.set_anchor("W")  # long names need all the room on the right
    return figure


def _kinds(
    present: Sequence[str], groups: Mapping[str, str], highlight: Collection[str]
) -> tuple[dict[str, str], list[str]]:
    """Return the kind of each class, itself or its group, and the kinds that are coloured."""
    kinds = {name: name if name in highlight else groups.get(name, name) for name in present}
    order = dict.fromkeys([*groups.values(), *present])
    found = [kind for kind in order if kind in kinds.values()]
    if strangers := [name for name in highlight if name not in found]:
        raise InputError(f"{strangers} have no points: highlight some of {', '.join(found)}")
    return kinds, [kind for kind in found if not highlight or kind in highlight]


def _title(title: str, measures: Mapping[str, float] | None) -> str:
    measured = ", ".join(f"{name} {value:.3f}" for name, value in (measures or {}).items())
    return ": ".join(text for text in (title, measured) if text)


def _frame(axes: Axes, points: Floats) -> None:
    """Set the axes' limits to hold the points, with one scale for both dimensions."""
    low, high = points.min(0), points.max(0)
    half = MARGIN * (high - low).max() / 2 or 1.0
    (left, bottom), (right, top) = (low + high) / 2 - half, (low + high) / 2 + half
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
    axes.set(xlabel="dimension 1 (no unit)", ylabel="dimension 2 (no unit)")


def _dots(axes: Axes, points: Floats, total: int, **style: Any) -> None:
    size = float(np.clip(20000 / total, 4, 30))
    style |= {"s": size, "linewidths": 0, "alpha": 0.8, "rasterized": total > VECTORS}
    axes.scatter(points[:, 0], points[:, 1], **style)


def _draw(axes: Axes, points: Floats, kinds: np.ndarray, coloured: Sequence[str]) -> None:
    rest = points[~np.isin(kinds, coloured)]
    if len(rest):
        _dots(axes, rest, len(points), color="0.82", label="others")
    colours = color_sequences["petroff10"]
    for index, kind in enumerate(coloured):
        colour, marker = colours[index % 10], MARKERS[index // 10 % 10]
        style: dict[str, Any] = {"color": colour, "marker": marker, "label": kind}
        _dots(axes, points[kinds == kind], len(points), **style)


def _name(axes: Axes, positions: Mapping[str, Floats]) -> None:
    halo = [withStroke(linewidth=2.5, foreground="white")]
    size = 8 if len(positions) <= LISTED else 6
    for name, (x, y) in _apart(positions, size * np.ptp(axes.get_xlim())).items():
        style: dict[str, Any] = {"fontsize": size, "path_effects": halo}
        axes.text(x, y, name, ha="center", va="center", **style).set_in_layout(False)


def _apart(positions: Mapping[str, Floats], scale: float) -> dict[str, Floats]:
    """Return positions moved upwards until no name covers another."""
    moved: dict[str, Floats] = {}
    for name in sorted(positions, key=lambda name: positions[name][1]):
        x, y = positions[name]
        for other, (left, below) in sorted(moved.items(), key=lambda item: item[1][1]):
            wide = LETTER * scale * (1 + (len(name) + len(other)) / 2)
            if abs(x - left) < wide and abs(y - below) < LINE * scale:
                y = below + LINE * scale
        moved[name] = np.array([x, y])
    return moved
