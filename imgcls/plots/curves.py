"""Loss and accuracy over the epochs of a training."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imgcls.errors import InputError
from imgcls.plots.figures import new_figure
from imgcls.plots.panels import add_legend

TRAIN, VAL = "#5790fc", "#e42536"  # petroff10: can be distinguished with any colour vision
SPLITS = {"train": "training", "val": "validation", "test": "test"}  # as they are called


def curves(
    rows: Sequence[Mapping[str, float]], title: str = "", validated_on: str = "val"
) -> Figure:
    """Return training and validation loss and accuracy over the epochs, with the best epoch marked.

    A value that is NaN or infinite leaves a gap.

    Args:
        rows: One per epoch, with ``epoch`` counted from 0, ``train/loss``, ``train/acc`` (a
            fraction) and, for epochs with validation, ``val/loss`` and ``val/acc``.
        title: Title of the figure, such as model and data set.
        validated_on: ``test`` if validation used the test split; then no best epoch is marked.

    Raises:
        InputError: There are no rows.
    """
    if not rows:
        raise InputError("there are no epochs to draw: give at least one row")
    figure = new_figure(11, 3.6, title)
    loss, accuracy = figure.subplots(1, 2)
    splits = (("train", TRAIN, SPLITS["train"]), ("val", VAL, SPLITS[validated_on]))
    _draw(loss, rows, "loss", 1, splits)
    _draw(accuracy, rows, "acc", 100, splits)
    loss.set(xlabel="epoch", ylabel="loss (nats)")
    accuracy.set(xlabel="epoch", ylabel="accuracy (%)")
    validated = [row for row in rows if math.isfinite(row.get("val/acc", math.nan))]
    if validated and validated_on == "val":
        best = max(validated, key=lambda row: row["val/acc"])
        label = f"best: epoch {best['epoch'] + 1:.0f}, {100 * best['val/acc']:.1f} %"
        for axes in (loss, accuracy):
            axes.axvline(best["epoch"] + 1, color="0.5", linestyle=":", label=label)
    add_legend(figure, (loss, accuracy))
    return figure


def _draw(
    axes: Axes,
    rows: Sequence[Mapping[str, float]],
    name: str,
    scale: float,
    splits: Sequence[tuple[str, str, str]],
) -> None:
    for split, colour, label in splits:
        points = [
            (row["epoch"] + 1, scale * row[f"{split}/{name}"])
            for row in rows
            if f"{split}/{name}" in row
        ]
        if points:
            epochs, values = zip(*points, strict=True)
            axes.plot(epochs, values, color=colour, label=label, marker=".", markersize=4)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
