"""What each hyper-parameter does to accuracy."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError
from imgcls.plots.arrays import check_accuracies
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.panels import add_legend, mark_failed, place_values, small_multiples


class Accuracies(NamedTuple):
    """What one run reached, as fractions."""

    train: float
    val: float


Panel = Mapping[str, Sequence[Accuracies | None]]


def influence(panels: Mapping[str, Panel], base: Mapping[str, str], title: str = "") -> Figure:
    """Return a panel a hyper-parameter: accuracy over its values, a dot a run, a line the means.

    A cross at the foot is a run that failed.

    Args:
        panels: Hyper-parameter to value, as text, to its runs; None is one that failed.
        base: Hyper-parameter to the value that it has while others vary, to be marked.
        title: What was trained.

    Raises:
        InputError: There are no panels, or accuracies that are no finite numbers.
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
    """Draw a panel and return where runs failed."""
    places = place_values(axes, list(panel))
    if base in places:
        axes.axvline(places[base], color="0.88", linewidth=9, zorder=0, label="base")
    for split, colour, name, alpha in (
        ("train", TRAIN, "training", 0.4),
        ("val", VAL, "validation", 1.0),
    ):
        reached = {
            place: [100 * getattr(run, split) for run in panel[value] if run]
            for value, place in places.items()
            if any(panel[value])
        }
        if not reached:
            break
        dots = [(place, accuracy) for place, runs in reached.items() for accuracy in runs]
        means = [(place, mean(runs)) for place, runs in reached.items()]
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
    return [place for value, place in places.items() if None in panel[value]]
