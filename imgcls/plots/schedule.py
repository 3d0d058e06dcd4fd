"""How the learning rate changes over a run."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from imgcls.errors import InputError
from imgcls.plots.arrays import finite
from imgcls.plots.curves import TRAIN
from imgcls.plots.figures import new_axes

POINTS = 1000  # at most, of the line


def schedule(
    factors: Callable[[float], float] | Sequence[float],
    steps: int,
    base_rate: float,
    title: str = "",
    axes: Axes | None = None,
) -> Figure:
    """Return the learning rate over the steps of a run.

    Args:
        factors: Factor on the base rate as a function of the fraction of the run that is
            finished, in [0, 1), or its values at evenly spaced steps, beginning with the first.
        steps: Number of steps of the run.
        base_rate: The optimizer's learning rate.
        title: Title of the figure.
        axes: Axes to draw on instead of a new figure.

    Raises:
        InputError: There are no steps or factors, or they are not finite.
    """
    if steps < 1:
        raise InputError(f"there are {steps} steps: give at least one")
    fractions = np.arange(min(steps, POINTS)) / min(steps, POINTS)
    given = [factors(float(fraction)) for fraction in fractions] if callable(factors) else factors
    rates = base_rate * finite(given, "factors", 1)
    done = steps * np.arange(len(rates)) / len(rates)
    what = f"learning rate over {steps:,} step{'s' * (steps > 1)}"
    figure, axes = new_axes(6, 3.4, f"{title}: {what}" if title else what, axes)
    axes.plot(done, rates, color=TRAIN, marker="o" if len(rates) == 1 else None)
    peak = int(rates.argmax())
    axes.plot(done[peak], rates[peak], "o", color="black")
    axes.annotate(
        f"{rates[peak]:.3g}", (done[peak], rates[peak]), (6, 4), textcoords="offset points"
    )
    axes.set(xlabel="step", ylabel="learning rate (no unit)", ylim=(min(0, rates.min()), None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(y=0.15)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
