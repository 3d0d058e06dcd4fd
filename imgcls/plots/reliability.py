"""The reliability diagram, which shows calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import class_numbers, class_probabilities
from imgcls.plots.calibration import (
    BELOW_ONE,
    CalibrationBin,
    calibration_bins,
    calibration_error,
)
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.figures import new_figure


def reliability(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15, title: str = ""
) -> Figure:
    """Return accuracy over confidence, the gap between them, and a histogram of confidence.

    All values are in percent; the expected calibration error (ECE) is in percentage points.

    Guo et al., "On calibration of modern neural networks", 2017. A bin holds its lower edge; the
    ECE counts confidences of exactly 100 % as a bin of their own, like torchmetrics.

    Args:
        probabilities: ``(N, K)``.
        labels: ``(N,)``, in [0, K).
        bins: Number of bins of equal width in [0, 1].
        title: Title of the figure.

    Raises:
        InputError: There are no probabilities, or the labels do not match them.
    """
    checked = class_probabilities(probabilities, np.shape(probabilities)[-1])
    numbers = class_numbers(labels, len(checked), checked.shape[1])
    confidence, correct = checked.max(1), checked.argmax(1) == numbers
    error = 100 * calibration_error(calibration_bins(confidence, correct, bins))
    average, accuracy = 100 * confidence.mean(), 100 * correct.mean()
    summary = f"ECE {error:.2f} points"
    means = f"mean confidence {average:.1f} %, accuracy {accuracy:.1f} %"
    figure = new_figure(5, 5.8, f"{title}: {summary}\n{means}" if title else f"{summary}\n{means}")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    drawn = calibration_bins(np.minimum(confidence, BELOW_ONE), correct, bins)
    _draw_gaps(above, drawn, bins)
    lows = [100 * each.low for each in drawn]
    below.bar(lows, [100 * each.images / len(checked) for each in drawn], **_width(bins))
    below.axvline(average, color="black", linestyle="--", label="mean confidence")
    below.axvline(accuracy, color="black", linestyle=":", label="accuracy")
    xlabel = "confidence: the highest probability (%)"
    below.set(xlabel=xlabel, ylabel="images (%)", xlim=(0, 100))
    for axes in (above, below):
        axes.legend(frameon=False, loc="upper left", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_gaps(axes: Axes, drawn: Sequence[CalibrationBin], bins: int) -> None:
    lows = [100 * each.low for each in drawn]
    accuracy = [100 * each.accuracy for each in drawn]
    axes.bar(lows, accuracy, label="accuracy", **_width(bins))
    axes.bar(
        lows,
        [100 * (each.confidence - each.accuracy) for each in drawn],
        bottom=accuracy,
        label="gap to the mean confidence",
        **_width(bins) | {"color": "none", "edgecolor": VAL, "hatch": "///"},
    )
    axes.plot([0, 100], [0, 100], color="0.4", linestyle="--", linewidth=1, label="calibrated")
    axes.set(ylabel="accuracy (%)", ylim=(0, 100))


def _width(bins: int) -> dict[str, Any]:
    return {"width": 100 / bins, "align": "edge", "color": TRAIN, "edgecolor": "white"}
