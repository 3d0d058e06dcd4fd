"""The time of a training by stage."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError
from imgcls.plots.arrays import finite
from imgcls.plots.curves import TRAIN
from imgcls.plots.figures import new_axes


def time_shares(seconds: Mapping[str, float], title: str = "", axes: Axes | None = None) -> Figure:
    """Return a bar chart with one bar per stage, in the given order.

    Args:
        seconds: Seconds of each stage, without the stages that it calls.
        title: Title of the figure.
        axes: Axes to draw on instead of a new figure.

    Raises:
        InputError: There are no stages, or their seconds are not finite.
    """
    if not seconds:
        raise InputError("there are no stages to draw: give at least one")
    values = finite(list(seconds.values()), "seconds", 1)
    total = values.sum()
    summary = f"{total:.3g} s"
    height = 1 + 0.32 * len(values)
    figure, axes = new_axes(6, height, f"{title}: {summary}" if title else summary, axes)
    bars = axes.barh(range(len(values)), values, color=TRAIN, height=0.7)
    texts = [f"{value:.3g} s, {value / (total or 1):.0%}" for value in values]
    axes.bar_label(bars, texts, padding=3, fontsize=8)
    axes.set_yticks(range(len(values)), list(seconds))
    axes.invert_yaxis()
    axes.set(xlabel="time (s)", xlim=(0, 1.25 * (values.max() or 1)))
    axes.spines[["top", "right"]].set_visible(False)
    return figure
