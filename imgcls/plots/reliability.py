"""Whether probabilities mean what they say."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import Floats, class_numbers, class_probabilities
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.figures import new_figure


def reliability(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15, title: str = ""
) -> Figure:
    """Return accuracy over confidence, the gap between them, and how often each confidence occurs.

    All is in percent, the expected calibration error (ECE) in percentage points.

    Guo et al., "On calibration of modern neural networks", 2017. A bin holds its lower edge; the
    ECE counts confidences of exactly 100 % as a bin of their own, like torchmetrics.

    Args:
        probabilities: ``(N, K)``.
        labels: ``(N,)``, in [0, K).
        bins: Number of bins of equal width in [0, 1].
        title: Of what.

    Raises:
        InputError: There are no probabilities, or they and the labels do not fit each other.
    """
    shares = class_probabilities(probabilities, np.shape(probabilities)[-1])
    numbers = class_numbers(labels, len(shares), shares.shape[1])
    confidence, hits = 100 * shares.max(1), 100.0 * (shares.argmax(1) == numbers)
    edges = np.linspace(0, 100, bins + 1)
    places = np.digitize(confidence, edges) - 1
    sums = np.bincount(places, hits - confidence, bins + 1)
    error = f"ECE {np.abs(sums).sum() / len(shares):.2f} points"
    means = f"mean confidence {confidence.mean():.1f} %, accuracy {hits.mean():.1f} %"
    figure = new_figure(5, 5.8, f"{title}: {error}\n{means}" if title else f"{error}\n{means}")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    drawn = np.minimum(places, bins - 1)
    _draw_gaps(above, edges, drawn, confidence, hits)
    below.bar(edges[:-1], np.bincount(drawn, minlength=bins) * 100 / len(shares), **_width(bins))
    below.axvline(confidence.mean(), color="black", linestyle="--", label="mean confidence")
    below.axvline(hits.mean(), color="black", linestyle=":", label="accuracy")
    xlabel = "confidence: the highest probability (%)"
    below.set(xlabel=xlabel, ylabel="pictures (%)", xlim=(0, 100))
    for axes in (above, below):
        axes.legend(frameon=False, loc="upper left", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_gaps(
    axes: Axes, edges: Floats, places: np.ndarray, confidence: Floats, hits: np.ndarray
) -> None:
    bins = len(edges) - 1
    filled = np.unique(places)
    accuracy = np.array([hits[places == place].mean() for place in filled])
    expected = np.array([confidence[places == place].mean() for place in filled])
    axes.bar(edges[filled], accuracy, label="accuracy", **_width(bins))
    axes.bar(
        edges[filled],
        expected - accuracy,
        bottom=accuracy,
        label="gap to the mean confidence",
        **_width(bins) | {"color": "none", "edgecolor": VAL, "hatch": "///"},
    )
    axes.plot([0, 100], [0, 100], color="0.4", linestyle="--", linewidth=1, label="calibrated")
    axes.set(ylabel="accuracy (%)", ylim=(0, 100))


def _width(bins: int) -> dict[str, Any]:
    return {"width": 100 / bins, "align": "edge", "color": TRAIN, "edgecolor": "white"}
