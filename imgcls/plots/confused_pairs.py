"""The pairs of classes that are confused most often."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from imgcls.plots.arrays import Floats, Integers
from imgcls.plots.confusion_matrix import checked_counts
from imgcls.plots.curves import VAL
from imgcls.plots.figures import new_axes


def most_confused(counts: Floats | Integers, most: int) -> list[tuple[int, int]]:
    """Return up to ``most`` pairs (true, predicted) of confused classes, most images first."""
    wrong = counts - np.diag(counts.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    return [divmod(int(index), len(counts)) for index in order if wrong.flat[index] > 0]


def confused_pairs(
    counts: ArrayLike,
    classes: Sequence[str],
    count: int = 15,
    title: str = "",
    axes: Axes | None = None,
) -> Figure:
    """Return bars ``true → predicted``, most images first, with count and fraction of the class.

    Args:
        counts: ``(K, K)``, rows true, columns predicted, as of `confusion_counts`.
        classes: The K class names.
        count: Number of pairs to draw.
        title: Title of the figure.
        axes: Axes to draw on instead of a new figure.

    Raises:
        InputError: There are no counts, or they do not match the classes.
    """
    array = checked_counts(counts, classes)
    totals = array.sum(1)
    pairs = most_confused(array, count)
    what = "the most confused classes, true → predicted"
    height = 1.3 + 0.26 * max(len(pairs), 3)
    figure, axes = new_axes(7, height, f"{title}: {what}" if title else what, axes)
    bars = axes.barh(range(len(pairs)), [array[pair] for pair in pairs], color=VAL)
    texts = [f"{array[pair]:g} ({array[pair] / totals[pair[0]]:.0%})" for pair in pairs]
    axes.bar_label(bars, texts, padding=3, fontsize=9)
    names = [f"{classes[true]} → {classes[predicted]}" for true, predicted in pairs]
    axes.set_yticks(range(len(pairs)), names, fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="images (fraction of the true class)")
    axes.spines[["top", "right"]].set_visible(False)
    if not pairs:
        axes.text(0.5, 0.5, "no class was confused", ha="center", transform=axes.transAxes)
    return figure
