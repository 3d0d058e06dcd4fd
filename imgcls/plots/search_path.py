"""How a search went, and what it tells of each hyper-parameter."""

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
    mark_failed,
    place_values,
    small_multiples,
    spans_a_decade,
)

Value = str | float


def search_path(
    trials: Sequence[Mapping[str, Value]], accuracies: Sequence[float | None], title: str = ""
) -> Figure:
    """Return the best accuracy so far, and the accuracy of each trial over each hyper-parameter.

    A cross at the foot is a trial that failed.

    Args:
        trials: What each trial chose, by hyper-parameter, in the order of the trials.
        accuracies: What each reached, a fraction; None is one that failed.
        title: What was trained.

    Raises:
        InputError: There are no trials, or accuracies that are no finite numbers.
    """
    if not trials:
        raise InputError("there is no trial to draw: give at least one")
    check_accuracies(accuracies)
    names = list(trials[0])
    figure, (path, *panels) = small_multiples(["trial", *names], "validation accuracy (%)", title)
    places = [float(place) for place in range(1, len(trials) + 1)]
    failed = [_scatter(path, places, accuracies)]
    path.xaxis.set_major_locator(MaxNLocator(integer=True))
    best = accumulate((accuracy or 0.0 for accuracy in accuracies), max)
    steps = [100 * accuracy if accuracy else float("nan") for accuracy in best]
    path.plot(places, steps, color=TRAIN, drawstyle="steps-post", label="best so far", zorder=1)
    for axes, name in zip(panels, names, strict=True):
        values = [trial[name] for trial in trials]
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(numbers) < len(values):
            at = place_values(axes, list(dict.fromkeys(map(str, values))))
            numbers = [at[str(value)] for value in values]
        elif spans_a_decade(numbers):
            axes.set_xscale("log")
        failed.append(_scatter(axes, numbers, accuracies))
    mark_failed([path, *panels], failed)
    add_legend(figure, [path, *panels])
    return figure


def _scatter(
    axes: Axes, places: Sequence[float], accuracies: Sequence[float | None]
) -> list[float]:
    """Draw a dot a trial, the best ringed, and return where trials failed."""
    pairs = list(zip(places, accuracies, strict=True))
    reached = [(place, 100 * accuracy) for place, accuracy in pairs if accuracy is not None]
    if reached:
        axes.plot(*zip(*reached, strict=True), "o", color=VAL, alpha=0.7, mew=0, label="a trial")
        best = max(reached, key=lambda point: point[1])
        axes.plot(*best, "o", color="none", mec="black", markersize=10, label="the best")
    return [place for place, accuracy in pairs if accuracy is None]
