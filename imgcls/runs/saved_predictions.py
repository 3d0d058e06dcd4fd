"""What a net answered to each picture of a split, kept so that nobody has to ask again."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcls.evaluation.most_probable import most_probable
from imgcls.runs.find import write_whole

if TYPE_CHECKING:
    from torch import Tensor  # what reads answers need not wait for it

TOP = 5  # answers kept a picture


class Answers(NamedTuple):
    """A row a picture.

    Attributes:
        rows: Place of each picture in its official split, ``(N,)``.
        labels: The right class, ``(N,)``.
        losses: Cross-entropy in nats, without smoothing, ``(N,)``.
        classes: The most probable classes, best first, ``(N, 5)``, or all of fewer; of equal ones
            the earliest is first.
        probabilities: Theirs, ``(N, 5)``.
    """

    rows: NDArray[np.int32]
    labels: NDArray[np.int16]
    losses: NDArray[np.float32]
    classes: NDArray[np.int16]
    probabilities: NDArray[np.float32]


def answers_of(logits: "Tensor", labels: "Tensor", rows: "Tensor") -> Answers:
    """Return the answers of logits ``(N, K)`` to the pictures at ``rows`` ``(N,)``."""
    floats = logits.float().cpu()
    shares, order = floats.log_softmax(1), most_probable(floats, TOP)
    losses = -shares.gather(1, labels.cpu()[:, None])[:, 0]
    return Answers(
        rows.numpy().astype(np.int32),
        labels.cpu().numpy().astype(np.int16),
        losses.numpy(),
        order.numpy().astype(np.int16),
        shares.gather(1, order).exp().numpy(),
    )


def write_answers(run: Path, split: str, answers: Answers) -> None:
    """Write ``answers_<split>.npz`` in a run's folder, whole or not at all."""
    file = io.BytesIO()
    np.savez_compressed(file, **answers._asdict())
    write_whole(run / f"answers_{split}.npz", file.getvalue())


def read_answers(run: Path, split: str) -> Answers | None:
    """Return the answers that a run's folder holds for a split, if it does."""
    path = run / f"answers_{split}.npz"
    if not path.is_file():
        return None
    with np.load(path) as content:
        answers = Answers(**content)
    order = np.lexsort((answers.classes, -answers.probabilities))  # older runs mixed equal ones
    return answers._replace(
        classes=np.take_along_axis(answers.classes, order, 1),
        probabilities=np.take_along_axis(answers.probabilities, order, 1),
    )


def spread(answers: Answers, num_classes: int) -> NDArray[np.float64]:
    """Return probabilities ``(N, K)``: those kept and the right class's, the rest in equal parts.

    Args:
        answers: To N pictures.
        num_classes: K.
    """
    shares = np.full((len(answers.rows), num_classes), np.nan)
    least = answers.probabilities[:, -1:].astype(np.float64)  # rounding puts nothing before it
    right = np.exp(-answers.losses.astype(np.float64))[:, None]
    labels, classes = answers.labels.astype(np.int64), answers.classes.astype(np.int64)
    np.put_along_axis(shares, labels[:, None], np.minimum(right, least), 1)
    np.put_along_axis(shares, classes, answers.probabilities, 1)
    unknown = np.isnan(shares)
    rest = (1 - np.nansum(shares, 1)).clip(0) / unknown.sum(1).clip(1)
    return np.where(unknown, np.minimum(rest[:, None], least), shares)
