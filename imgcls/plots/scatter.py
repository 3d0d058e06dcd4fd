"""Points in the plane, coloured by class."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from imgcls.plots.arrays import Floats, class_numbers, finite
from imgcls.plots.figures import new_figure

MARKERS = "o^sDvPX<>*"  # with ten colours, a hundred kinds of points
NAMELESS = 10  # kinds of points that a legend alone tells apart
LISTED = 20  # that have room in a legend
ROOM = (0.2, 0.03)  # of a name, of the width of all points
VECTORS = 2000  # points that a vector graphic holds one by one


def scatter(
    points: ArrayLike,
    labels: ArrayLike,
    classes: Sequence[str],
    title: str = "",
    groups: Mapping[str, str] | None = None,
    highlight: Collection[str] = (),
    measures: Mapping[str, float] | None = None,
) -> Figure:
    """Return points coloured by class, or by group of classes; beyond ten, named at their medians.

    Args:
        points: ``(N, 2)``, such as an embedding by t-SNE.
        labels: ``(N,)``, in [0, K).
        classes: The K class names.
        title: Of what.
        groups: Class to group, such as the 20 superclasses of CIFAR-100.
        highlight: Classes, or groups, to be coloured; all others are grey. Default all.
        measures: What was measured on the embedding, by name, for the title.

    Raises:
        ValueError: There are no points, they and the labels do not fit each other, or what is to
            be highlighted does not occur.
    """
    array = finite(points, "points", 2)
    numbers = class_numbers(labels, len(array), len(classes))
    if array.shape[1] != 2:
        raise ValueError(f"points have {array.shape[1]} coordinates: give 2")
    names = np.array([groups[name] if groups else name for name in classes])[numbers]
    kinds = dict.fromkeys(groups.values() if groups else classes)
    present = [name for name in kinds if name in names]
    if strangers := [name for name in highlight if name not in present]:
        raise ValueError(f"{strangers} have no points: highlight some of {', '.join(present)}")
    figure = new_figure(9, 6.5, _title(title, measures))
    axes = figure.subplots()
    coloured = [name for name in present if not highlight or name in highlight]
    rest = array[~np.isin(names, coloured)]
    if len(rest):
        _dots(axes, rest, len(array), color="0.82", label=f"{len(present) - len(coloured)} others")
    _draw(axes, array, names, coloured)
    axes.set(xlabel="dimension 1 (no unit)", ylabel="dimension 2 (no unit)", aspect="equal")
    axes.set(xticks=[], yticks=[])
    axes.set_adjustable("datalim")
    if len(coloured) <= LISTED:
        figure.legend(loc="outside right center", frameon=False, fontsize=8, markerscale=2)
    return figure


def _title(title: str, measures: Mapping[str, float] | None) -> str:
    measured = ", ".join(f"{name} {value:.3f}" for name, value in (measures or {}).items())
    return ": ".join(text for text in (title, measured) if text)


def _dots(axes: Axes, points: Floats, total: int, **style: Any) -> None:
    size = float(np.clip(20000 / total, 4, 30))
    style |= {"s": size, "linewidths": 0, "alpha": 0.8, "rasterized": total > VECTORS}
    axes.scatter(points[:, 0], points[:, 1], **style)


def _draw(axes: Axes, points: Floats, names: np.ndarray, coloured: Sequence[str]) -> None:
    colours = color_sequences["petroff10"]
    for place, name in enumerate(coloured):
        of_name = points[names == name]
        colour, marker = colours[place % 10], MARKERS[place // 10 % 10]
        _dots(axes, of_name, len(points), color=colour, marker=marker, label=name)
    if len(coloured) > NAMELESS:
        _name(axes, {name: np.median(points[names == name], axis=0) for name in coloured}, points)


def _name(axes: Axes, places: Mapping[str, Floats], points: Floats) -> None:
    halo = [withStroke(linewidth=2.5, foreground="white")]
    few = len(places) <= LISTED
    free = np.array(list(places.values()))
    if few:
        free = _apart(free, np.ptp(points, axis=0).max())
    for name, (x, y) in zip(places, free, strict=True):
        style: dict[str, Any] = {"fontsize": 8 if few else 6, "path_effects": halo}
        axes.text(x, y, name, ha="center", va="center", **style).set_in_layout(False)


def _apart(places: Floats, span: float) -> Floats:
    """Return places moved upwards until no name there covers another."""
    moved = places.copy()
    order = np.argsort(moved[:, 1])
    for rank, i in enumerate(order):
        for j in order[:rank]:
            near = np.abs(moved[i] - moved[j]) < np.multiply(ROOM, span)
            if near.all():
                moved[i, 1] = moved[j, 1] + ROOM[1] * span
    return moved
