"""The classes that are most often taken for one another."""

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
    """Return up to ``most`` pairs (true, predicted) of classes that were confused, by pictures."""
    wrong = counts - np.diag(counts.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    return [divmod(int(place), len(counts)) for place in order if wrong.flat[place] > 0]


def confused_pairs(
    counts: ArrayLike,
    classes: Sequence[str],
    count: int = 15,
    title: str = "",
    axes: Axes | None = None,
) -> Figure:
    """Return bars ``true → predicted``, most pictures first, with number and share of the class.

    Args:
        counts: ``(K, K)``, rows true, columns predicted, as of `confusion_counts`.
        classes: The K class names.
        count: How many pairs to draw.
        title: Of what.
        axes: To draw on, instead of a new figure.

    Raises:
        InputError: There are no counts, or they do not fit the classes.
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
    axes.set(xlabel="pictures (share of the true class)")
    axes.spines[["top", "right"]].set_visible(False)
    if not pairs:
        axes.text(0.5, 0.5, "none was confused", ha="center", transform=axes.transAxes)
    return figure
