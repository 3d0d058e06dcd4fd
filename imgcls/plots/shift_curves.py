"""How accuracy falls as pictures are shifted further from those of the training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError
from imgcls.plots.arrays import check_accuracies
from imgcls.plots.panels import add_legend, small_multiples

MARKERS = "os^Dv"
LINE = 0.25  # inches of a line of the legend

ShiftedRun = Mapping[str, Sequence[float]]


def shift_curves(experiments: Mapping[str, Sequence[ShiftedRun]], title: str = "") -> Figure:
    """Return a panel a shift: accuracy against its strength, a line an experiment.

    The line is the mean over the experiment's runs, the band one standard deviation to both sides.

    Args:
        experiments: Name to its runs, at least one, each a shift's name to accuracies, fractions:
            of the pictures as they are, then from the weakest strength to the strongest.
        title: What was tested.

    Raises:
        InputError: There are no experiments, or accuracies that are no finite numbers.
    """
    if not experiments:
        raise InputError("there is no experiment to draw: give at least one")
    every = (run for runs in experiments.values() for run in runs)
    check_accuracies(accuracy for run in every for reached in run.values() for accuracy in reached)
    shifts = list(next(iter(experiments.values()))[0])
    names = [f"{shift} (strength of the shift)" for shift in shifts]
    figure, panels = small_multiples(names, "test accuracy (%)", title)
    figure.set_figheight(max(figure.get_figheight(), LINE * len(experiments)))
    for axes, shift in zip(panels, shifts, strict=True):
        for place, (name, runs) in enumerate(experiments.items()):
            _draw(axes, place, name, [run[shift] for run in runs])
    add_legend(figure, panels)
    return figure


def _draw(axes: Axes, place: int, name: str, runs: Sequence[Sequence[float]]) -> None:
    """Draw an experiment's line and band, strength 0 the pictures as they are."""
    reached = 100 * np.array(runs)
    colour, marker = color_sequences["petroff10"][place % 10], MARKERS[place % len(MARKERS)]
    strengths, means = np.arange(reached.shape[1]), reached.mean(0)
    axes.plot(strengths, means, f"{marker}-", color=colour, markersize=4, label=name)
    if len(reached) > 1:
        spread = reached.std(0, ddof=1)
        low, high = means - spread, means + spread
        axes.fill_between(strengths, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xticks(strengths, ["none", *map(str, strengths[1:])])
