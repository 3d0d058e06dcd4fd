"""The accuracy of each class."""

import math
from collections.abc import Sequence
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError
from imgcls.plots.curves import TRAIN
from imgcls.plots.figures import new_figure

BARS = 26  # in one column
RIGHT = 118  # where the numbers end, in percent


def class_accuracy(
    accuracies: Sequence[float | None], classes: Sequence[str], title: str = ""
) -> Figure:
    """Return a bar chart with one bar per class, best first, and the mean over classes.

    Classes without an accuracy, None or NaN, are named in the title.

    Args:
        accuracies: One fraction per class; None for a class without images.
        classes: The class names.
        title: Title of the figure.

    Raises:
        InputError: There are no classes, their numbers differ, or none has an accuracy.
    """
    if len(accuracies) != len(classes):
        raise InputError(f"there are {len(accuracies)} accuracies for {len(classes)} classes")
    pairs = list(zip(classes, accuracies, strict=True))
    known = [(name, float(a)) for name, a in pairs if a is not None and not math.isnan(a)]
    if not known:
        raise InputError("there is no accuracy to draw: give at least one that is a number")
    known.sort(key=lambda pair: -pair[1])
    without = [name for name, a in pairs if a is None or math.isnan(a)]
    average = 100 * mean(accuracy for _, accuracy in known)
    summary = f"mean of {len(known)} class{'es' * (len(known) > 1)} {average:.1f} % (dashed)"
    summary = f"{title}: {summary}" if title else summary
    if without:
        summary += f"\nwithout images: {', '.join(without)}"
    columns = math.ceil(len(known) / BARS)
    each = math.ceil(len(known) / columns)
    figure = new_figure(3 + 2.3 * columns, 1.4 + 0.2 * max(each, 4), summary)
    for column, axes in enumerate(figure.subplots(1, columns, squeeze=False).flat):
        _draw(axes, known[column * each : (column + 1) * each], average, each)
    return figure


def _draw(axes: Axes, known: Sequence[tuple[str, float]], average: float, room: int) -> None:
    percent = [100 * accuracy for _, accuracy in known]
    axes.barh(range(len(known)), percent, color=TRAIN, height=0.75)
    axes.axvline(average, color="black", linestyle="--", linewidth=1)
    for row, value in enumerate(percent):  # right of all bars, where no line crosses the numbers
        axes.text(RIGHT, row, f"{value:.0f}", ha="right", va="center", fontsize=8)
    axes.set_yticks(range(len(known)), [name for name, _ in known], fontsize=8)
    axes.set(xlabel="accuracy (%)", xlim=(0, RIGHT), ylim=(room - 0.5, -0.5))
    axes.set_xticks(range(0, 101, 25))
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
