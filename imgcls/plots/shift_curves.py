"""Accuracy on corrupted images, by corruption and severity."""

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

CorruptedRun = Mapping[str, Sequence[float]]


def shift_curves(experiments: Mapping[str, Sequence[CorruptedRun]], title: str = "") -> Figure:
    """Return one panel per corruption: accuracy over its severity, one line per experiment.

    The line is the mean over the experiment's runs, the band one standard deviation to both sides.

    Args:
        experiments: Name to its runs, at least one. A run maps a corruption's name to accuracies,
            fractions: of the original images, then from the lowest severity to the highest.
        title: Title of the figure.

    Raises:
        InputError: There are no experiments, or an accuracy is not finite.
    """
    if not experiments:
        raise InputError("there is no experiment to draw: give at least one")
    every = (run for runs in experiments.values() for run in runs)
    check_accuracies(accuracy for run in every for reached in run.values() for accuracy in reached)
    corruptions = list(next(iter(experiments.values()))[0])
    names = [f"severity of {corruption}" for corruption in corruptions]
    figure, panels = small_multiples(names, "test accuracy (%)", title)
    figure.set_figheight(max(figure.get_figheight(), LINE * len(experiments)))
    for axes, corruption in zip(panels, corruptions, strict=True):
        for index, (name, runs) in enumerate(experiments.items()):
            _draw(axes, index, name, [run[corruption] for run in runs])
    add_legend(figure, panels)
    return figure


def _draw(axes: Axes, index: int, name: str, runs: Sequence[Sequence[float]]) -> None:
    """Draw an experiment's line and band; severity 0 is the original images."""
    reached = 100 * np.array(runs)
    colour, marker = color_sequences["petroff10"][index % 10], MARKERS[index % len(MARKERS)]
    severities, means = np.arange(reached.shape[1]), reached.mean(0)
    axes.plot(severities, means, f"{marker}-", color=colour, markersize=4, label=name)
    if len(reached) > 1:
        std = reached.std(0, ddof=1)
        low, high = means - std, means + std
        axes.fill_between(severities, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xticks(severities, ["none", *map(str, severities[1:])])
