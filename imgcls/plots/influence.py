"""The effect of each hyper-parameter on accuracy."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError
from imgcls.plots.arrays import check_accuracies
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.panels import add_legend, label_values, mark_failed, small_multiples


class Accuracies(NamedTuple):
    """The accuracies of one run, as fractions."""

    train: float
    val: float


Panel = Mapping[str, Sequence[Accuracies | None]]


def influence(panels: Mapping[str, Panel], base: Mapping[str, str], title: str = "") -> Figure:
    """Return one panel per hyper-parameter with the accuracy over its values.

    A dot is a run, the line connects the means, and a cross at the bottom marks a failed run.

    Args:
        panels: Hyper-parameter to value, as text, to its runs; None for a run that failed.
        base: Hyper-parameter to the value that it has while others vary; it is marked.
        title: Title of the figure, such as model and data set.

    Raises:
        InputError: There are no panels, or an accuracy is not finite.
    """
    if not panels:
        raise InputError("there is no hyper-parameter to draw: give at least one")
    runs = (run for panel in panels.values() for of_value in panel.values() for run in of_value)
    check_accuracies(accuracy for run in runs if run for accuracy in run)
    figure, cells = small_multiples(list(panels), "accuracy (%)", title)
    failed = [
        _draw(axes, panel, base.get(name))
        for axes, (name, panel) in zip(cells, panels.items(), strict=True)
    ]
    mark_failed(cells, failed)
    add_legend(figure, cells)
    return figure


def _draw(axes: Axes, panel: Panel, base: str | None) -> list[float]:
    """Draw a panel and return the positions at which runs failed."""
    positions = label_values(axes, list(panel))
    if base in positions:
        axes.axvline(positions[base], color="0.88", linewidth=9, zorder=0, label="base")
    for split, colour, name, alpha in (
        ("train", TRAIN, "training", 0.4),
        ("val", VAL, "validation", 1.0),
    ):
        reached = {
            position: [100 * getattr(run, split) for run in panel[value] if run]
            for value, position in positions.items()
            if any(panel[value])
        }
        if not reached:
            break
        dots = [(position, accuracy) for position, runs in reached.items() for accuracy in runs]
        means = [(position, mean(runs)) for position, runs in reached.items()]
        axes.plot(*zip(*means, strict=True), color=colour, alpha=alpha, linewidth=1.5)
        axes.plot(
            *zip(*dots, strict=True),
            "o",
            color=colour,
            alpha=alpha,
            markersize=5,
            mew=0,
            label=name,
        )
    return [position for value, position in positions.items() if None in panel[value]]
