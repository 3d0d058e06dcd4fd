"""The confusion matrix."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from sklearn import metrics

from imgcls.errors import InputError
from imgcls.plots.arrays import Floats, Integers, class_numbers, finite
from imgcls.plots.figures import new_axes

NUMBERED = 20  # classes whose cells have room for a number


def confusion_counts(labels: ArrayLike, predicted: ArrayLike, num_classes: int) -> Integers:
    """Return ``(K, K)``: images of the row's class that were predicted as the column's.

    Args:
        labels: ``(N,)``, in [0, K).
        predicted: ``(N,)``, in [0, K).
        num_classes: K.

    Raises:
        InputError: There are no labels, or the two do not match each other or K.
    """
    count = np.asarray(predicted).size
    rows, columns = (class_numbers(given, count, num_classes) for given in (labels, predicted))
    counts: Integers = metrics.confusion_matrix(rows, columns, labels=range(num_classes))
    return counts


def checked_counts(counts: ArrayLike, classes: Sequence[str]) -> Floats:
    """Return counts as an array.

    Raises:
        InputError: There are none, or they are not ``(K, K)``, negative or not finite.
    """
    array = finite(counts, "counts", 2)
    if array.shape != (len(classes), len(classes)) or array.min() < 0:
        raise InputError(
            f"counts are {array.shape}, from {array.min():g}: {len(classes)} classes need one "
            "row and one column each, of numbers from 0"
        )
    return array


def confusion_matrix(
    counts: ArrayLike,
    classes: Sequence[str],
    title: str = "",
    groups: Mapping[str, str] | None = None,
    axes: Axes | None = None,
) -> Figure:
    """Return the percentage of each true class (row) that was predicted as each class (column).

    With up to 20 classes the percentage is written in each cell that is not empty. The colour scale
    is a square root, since most confusions are rare. The row of a class without images is grey.

    Args:
        counts: ``(K, K)``, as of `confusion_counts`.
        classes: The K class names.
        title: Title of the figure.
        groups: Class to group: classes of a group are adjacent, with lines between groups.
        axes: Axes to draw on instead of a new figure.

    Raises:
        InputError: There are no counts, or they do not match the classes.
    """
    array = checked_counts(counts, classes)
    order = sorted(range(len(classes)), key=lambda i: groups[classes[i]] if groups else "")
    array, names = array[np.ix_(order, order)], [classes[i] for i in order]
    totals = array.sum(1, keepdims=True)
    percent = np.divide(100 * array, totals, where=totals > 0, out=np.full_like(array, np.nan))
    small = len(names) > NUMBERED
    side = 2.5 + len(names) * (0.105 if small else 0.5)
    summary = f"confusion matrix, {array.trace():,.0f} of {array.sum():,.0f} correct"
    figure, axes = new_axes(side + 1.0, side, f"{title}: {summary}" if title else summary, axes)
    axes.set_facecolor("0.8")
    image = axes.imshow(percent, cmap="Blues", norm=PowerNorm(0.5, 0, 100))
    axes.set(xlabel="predicted class", ylabel="true class")
    points = 6 if small else 9
    axes.set_xticks(range(len(names)), names, fontsize=points, rotation=90 if small else 45)
    axes.set_yticks(range(len(names)), names, fontsize=points)
    for text in axes.get_xticklabels():
        text.set(ha="right", va="center" if small else "top", rotation_mode="anchor")
    figure.colorbar(
        image, ax=axes, label="fraction of the true class (%)", shrink=0.7, aspect=30, pad=0.02
    )
    if groups:
        _separate(axes, [groups[name] for name in names])
    if not small:
        _write_percent(axes, percent)
    return figure


def _separate(axes: Axes, groups: Sequence[str]) -> None:
    for index in range(1, len(groups)):
        if groups[index] != groups[index - 1]:
            axes.axhline(index - 0.5, color="0.6", linewidth=0.5)
            axes.axvline(index - 0.5, color="0.6", linewidth=0.5)


def _write_percent(axes: Axes, percent: Floats) -> None:
    for (row, column), value in np.ndenumerate(percent):
        if value > 0:
            text = f"{value:.0f}" if value >= 1 else "<1"
            dark = value > 35  # of 100, beyond the middle of the colour scale
            colour = "white" if dark else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=9, color=colour)
