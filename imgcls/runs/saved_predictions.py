"""What a model predicted for each image of a split, saved so that nobody computes it again."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from imgcls.errors import InputError
from imgcls.evaluation.most_probable import most_probable
from imgcls.files import write_whole

if TYPE_CHECKING:
    from torch import Tensor  # what reads predictions need not wait for it

TOP = 5  # classes saved for an image


class Predictions(NamedTuple):
    """A row for each image.

    Attributes:
        rows: Index of each image in its official split, ``(N,)``.
        labels: The right class, ``(N,)``.
        losses: Cross-entropy in nats, without smoothing, ``(N,)``.
        classes: The most probable classes, best first, ``(N, 5)``, or all of fewer; of equal ones
            the earliest is first.
        probabilities: Theirs, ``(N, 5)``.
        logits: Of all K classes, ``(N, K)``, see `half_in_order`; None in older runs.
    """

    rows: NDArray[np.int32]
    labels: NDArray[np.int16]
    losses: NDArray[np.float32]
    classes: NDArray[np.int16]
    probabilities: NDArray[np.float32]
    logits: NDArray[np.float16] | None = None

    def spread(self, num_classes: int) -> NDArray[np.float64]:
        """Return probabilities ``(N, K)``: the saved ones, the rest by the logits if there are any.

        Without logits the rest is divided in equal parts.
        """
        spread = np.full((len(self.rows), num_classes), np.nan)
        least = self.probabilities[:, -1:].astype(np.float64)  # rounding puts nothing before it
        right = np.exp(-self.losses.astype(np.float64))[:, None]
        labels, classes = self.labels.astype(np.int64), self.classes.astype(np.int64)
        np.put_along_axis(spread, labels[:, None], np.minimum(right, least), 1)
        np.put_along_axis(spread, classes, self.probabilities, 1)
        unknown = np.isnan(spread)
        rest = (1 - np.nansum(spread, 1, keepdims=True)).clip(0)
        parts = unknown.astype(np.float64)
        if self.logits is not None:
            parts *= softmax(self.logits.astype(np.float64), axis=1)
        total = parts.sum(1, keepdims=True)
        parts = np.divide(parts, total, out=parts, where=total > 0)
        return np.where(unknown, np.minimum(rest * parts, least), spread)


def half_in_order(logits: "Tensor") -> NDArray[np.float16]:
    """Return logits ``(N, K)`` in 16 bits, whose first 5 classes are those of the given ones.

    Rounding makes some of them equal. Of equal ones the earliest counts as the most probable, so
    where this would be another class than before, it is put one step of 16 bits lower.
    """
    limit = float(np.finfo(np.float16).max)
    order = most_probable(logits, logits.shape[1]).cpu().numpy()
    exact = logits.float().clamp(-limit, limit).cpu().numpy()
    falling = np.take_along_axis(exact, order, 1).astype(np.float16)
    for rank in range(min(TOP, falling.shape[1] - 1)):
        here, later = falling[:, rank, None], falling[:, rank + 1 :]
        earlier = (later == here) & (order[:, rank + 1 :] < order[:, rank, None])
        from_there = np.maximum.accumulate(earlier, 1)
        with np.errstate(over="ignore"):  # the lowest number of 16 bits has -inf below it
            lower = np.nextafter(here, np.float16(-np.inf))
        np.minimum(later, lower, out=later, where=from_there)
    rounded = np.empty_like(falling)
    np.put_along_axis(rounded, order, falling, 1)
    return rounded


def predictions_of(logits: "Tensor", labels: "Tensor", rows: "Tensor") -> Predictions:
    """Return the predictions of logits ``(N, K)`` for the images at ``rows`` ``(N,)``."""
    floats = logits.float().cpu()
    logs, order = floats.log_softmax(1), most_probable(floats, TOP)
    losses = -logs.gather(1, labels.cpu()[:, None])[:, 0]
    return Predictions(
        rows.numpy().astype(np.int32),
        labels.cpu().numpy().astype(np.int16),
        losses.numpy(),
        order.numpy().astype(np.int16),
        logs.gather(1, order).exp().numpy(),
        half_in_order(floats),
    )


def write_predictions(file: Path, predictions: Predictions) -> None:
    """Write predictions as ``.npz``, whole or not at all."""
    columns = {name: each for name, each in predictions._asdict().items() if each is not None}
    content = io.BytesIO()
    np.savez_compressed(content, **columns)
    file.parent.mkdir(exist_ok=True)
    write_whole(file, content.getvalue())


def read_predictions(file: Path) -> Predictions:
    """Return the predictions that a file of a run holds; older runs did not order equal ones.

    Raises:
        InputError: There is no such file.
    """
    if not file.is_file():
        verb = "test" if "_test" in file.as_posix() else "fit"
        raise InputError(f"{file.parent} has no {file.name}: 'imgcls {verb}' writes it")
    with np.load(file) as content:
        predictions = Predictions(**content)
    order = np.lexsort((predictions.classes, -predictions.probabilities))
    return predictions._replace(
        classes=np.take_along_axis(predictions.classes, order, 1),
        probabilities=np.take_along_axis(predictions.probabilities, order, 1),
    )
