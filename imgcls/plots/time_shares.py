"""Where the time of a training goes."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from imgcls.plots.arrays import finite
from imgcls.plots.curves import TRAIN
from imgcls.plots.figures import new_figure


def time_shares(seconds: Mapping[str, float], title: str = "") -> Figure:
    """Return a bar a stage, in the order that they are given in.

    Args:
        seconds: Of each stage, without what it calls of others.
        title: Of what.

    Raises:
        ValueError: There are no stages, or their seconds are not finite.
    """
    if not seconds:
        raise ValueError("there are no stages to draw: give at least one")
    values = finite(list(seconds.values()), "seconds", 1)
    total = values.sum()
    said = f"{total:.3g} s"
    figure = new_figure(6, 1 + 0.32 * len(values), f"{title}: {said}" if title else said)
    axes = figure.subplots()
    bars = axes.barh(range(len(values)), values, color=TRAIN, height=0.7)
    texts = [f"{value:.3g} s, {value / (total or 1):.0%}" for value in values]
    axes.bar_label(bars, texts, padding=3, fontsize=8)
    axes.set_yticks(range(len(values)), list(seconds))
    axes.invert_yaxis()
    axes.set(xlabel="time (s)", xlim=(0, 1.25 * (values.max() or 1)))
    axes.spines[["top", "right"]].set_visible(False)
    return figure
