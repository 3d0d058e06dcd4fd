"""The progress of a search, and the accuracy over each hyper-parameter."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imgcls.errors import InputError
from imgcls.plots.arrays import check_accuracies
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.panels import (
    add_legend,
    label_values,
    mark_failed,
    small_multiples,
    spans_a_decade,
)

Value = str | float


def search_path(
    trials: Sequence[Mapping[str, Value]], accuracies: Sequence[float | None], title: str = ""
) -> Figure:
    """Return the best accuracy so far, and the accuracy of each trial over each hyper-parameter.

    A cross at the bottom marks a trial that failed.

    Args:
        trials: The values of each trial by hyper-parameter, in the order of the trials.
        accuracies: The accuracy of each trial, a fraction; None for a trial that failed.
        title: Title of the figure, such as model and data set.

    Raises:
        InputError: There are no trials, or an accuracy is not finite.
    """
    if not trials:
        raise InputError("there is no trial to draw: give at least one")
    check_accuracies(accuracies)
    names = list(trials[0])
    figure, (path, *panels) = small_multiples(["trial", *names], "validation accuracy (%)", title)
    order = [float(number) for number in range(1, len(trials) + 1)]
    failed = [_scatter(path, order, accuracies)]
    path.xaxis.set_major_locator(MaxNLocator(integer=True))
    best = accumulate((accuracy or 0.0 for accuracy in accuracies), max)
    steps = [100 * accuracy if accuracy else float("nan") for accuracy in best]
    path.plot(order, steps, color=TRAIN, drawstyle="steps-post", label="best so far", zorder=1)
    for axes, name in zip(panels, names, strict=True):
        values = [trial[name] for trial in trials]
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(numbers) < len(values):
            at = label_values(axes, list(dict.fromkeys(map(str, values))))
            numbers = [at[str(value)] for value in values]
        elif spans_a_decade(numbers):
            axes.set_xscale("log")
        failed.append(_scatter(axes, numbers, accuracies))
    mark_failed([path, *panels], failed)
    add_legend(figure, [path, *panels])
    return figure


def _scatter(
    axes: Axes, values: Sequence[float], accuracies: Sequence[float | None]
) -> list[float]:
    """Draw one dot per trial, circle the best, and return the values at which trials failed."""
    pairs = list(zip(values, accuracies, strict=True))
    reached = [(value, 100 * accuracy) for value, accuracy in pairs if accuracy is not None]
    if reached:
        axes.plot(*zip(*reached, strict=True), "o", color=VAL, alpha=0.7, mew=0, label="trial")
        best = max(reached, key=lambda point: point[1])
        axes.plot(*best, "o", color="none", mec="black", markersize=10, label="best")
    return [value for value, accuracy in pairs if accuracy is None]
