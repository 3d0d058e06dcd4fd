"""The pictures that a net is most wrong about."""

import numpy as np
from numpy.typing import NDArray

from imgcls.batch import Split
from imgcls.data.images import Images
from imgcls.errors import InputError
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions
from imgcls.runs.split_manifest import has_same_files, unchanged_images

HARDEST = 28  # that are shown, in rows of seven


def answered_images(run: Run, split: Split, answers: Predictions) -> Images:
    """Return the pictures of a split, one an answer.

    Raises:
        InputError: The data set is not there, or holds other pictures than those answered.
    """
    images = unchanged_images(run, split)
    same = np.array_equal(images.rows, answers.rows) or has_same_files(run, split)
    if not same or not np.array_equal(images.labels, answers.labels):
        raise InputError(
            f"the {len(images)} {split} pictures in {run.data.root} are not the "
            f"{len(answers.rows)} that the run has answered"
        )
    return images


def hardest(answers: Predictions) -> NDArray[np.int64]:
    """Return the places of the 28 highest losses, the highest first."""
    return np.argsort(-answers.losses, kind="stable")[:HARDEST]
