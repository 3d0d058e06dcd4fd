"""The images with the highest losses."""

import numpy as np
from numpy.typing import NDArray

from imgcls.batch import Split
from imgcls.data.images import Images
from imgcls.errors import InputError
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions
from imgcls.runs.split_manifest import has_same_files, unchanged_images

HARDEST = 28  # images that are shown, in rows of seven


def predicted_images(run: Run, split: Split, predictions: Predictions) -> Images:
    """Return the images of a split, one per prediction.

    Raises:
        InputError: The data set is missing, or has other images than the predictions.
    """
    images = unchanged_images(run, split)
    same = np.array_equal(images.rows, predictions.rows) or has_same_files(run, split)
    if not same or not np.array_equal(images.labels, predictions.labels):
        raise InputError(
            f"the {len(images)} {split} images in {run.data.root} are not the "
            f"{len(predictions.rows)} of the run's predictions"
        )
    return images


def hardest(predictions: Predictions) -> NDArray[np.int64]:
    """Return the indices of the 28 highest losses, the highest first."""
    return np.argsort(-predictions.losses, kind="stable")[:HARDEST]
