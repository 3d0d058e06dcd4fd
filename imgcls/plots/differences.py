"""The effect of each change to a recipe on accuracy."""

from collections.abc import Mapping
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imgcls.errors import InputError
from imgcls.plots.arrays import check_accuracies
from imgcls.plots.curves import VAL
from imgcls.plots.figures import new_axes

BySeed = Mapping[int, float | None]


def differences(
    variants: Mapping[str, BySeed],
    baseline: BySeed,
    title: str = "",
    axes: Axes | None = None,
) -> Figure:
    """Return each variant's difference to the baseline, in percentage points of accuracy.

    A small dot is a seed, compared with the baseline's run of the same seed; the large dot is their
    mean, and the bar shows one standard deviation to both sides.

    Args:
        variants: Name to seed to accuracy, a fraction; None is a run that failed.
        baseline: Seed to accuracy.
        title: Title of the figure, such as model and data set.
        axes: Axes to draw on instead of a new figure.

    Raises:
        InputError: There are no variants, or an accuracy is not finite.
    """
    if not variants:
        raise InputError("there is no variant to draw: give at least one")
    for by_seed in (baseline, *variants.values()):
        check_accuracies(by_seed.values())
    figure, axes = new_axes(8, 1.6 + 0.45 * len(variants), title, axes)
    for row, by_seed in enumerate(variants.values()):
        points = [
            100 * (accuracy - reference)
            for seed, accuracy in by_seed.items()
            if accuracy is not None and (reference := baseline.get(seed)) is not None
        ]
        _draw(axes, row, points, failed=list(by_seed.values()).count(None))
    axes.axvline(0, color="0.5", linestyle=":", zorder=0)
    axes.set_yticks(range(len(variants)), list(variants))
    axes.set_ylim(len(variants) - 0.5, -0.5)
    reached = [accuracy for accuracy in baseline.values() if accuracy is not None]
    at = f" ({mean(reached):.2%})" if reached else ""
    axes.set_xlabel(f"validation accuracy: difference to the baseline{at}, percentage points")
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def _draw(axes: Axes, row: int, points: list[float], failed: int) -> None:
    """Draw one variant, with its numbers to the right of the axes."""
    texts = [f"{failed} failed"] if failed else []
    if points:
        std = stdev(points) if len(points) > 1 else None
        axes.errorbar(mean(points), row, xerr=std, fmt="o", color=VAL, capsize=4, markersize=9)
        axes.plot(points, [row] * len(points), "o", color="black", markersize=3, alpha=0.6)
        texts.insert(0, f"{mean(points):+.2f}" + (f" ± {std:.2f}" if std is not None else ""))
    coordinates = ("axes fraction", "data")
    axes.annotate(", ".join(texts), (1.01, row), xycoords=coordinates, va="center")
