"""The features of validation pictures as points in the plane."""

import time
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from imgcls.errors import InputError
from imgcls.evaluation.embedding import embed, measures, stratified_sample
from imgcls.evaluation.layer_hooks import pooled, record_layers
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions, predictions_of
from imgcls.runs.split_manifest import unchanged_images

SAMPLE = 2000  # pictures, of each class its share
FEATURES = "head.input"
NO_SPLIT = "no validation split was kept"
COLOURED = 20  # classes that are told apart by colour; of more, their superclasses are


class FeatureMap(NamedTuple):
    """A point a picture.

    Attributes:
        points: ``(N, 2)``, by t-SNE.
        pictures: ``(N, C, H, W)`` uint8.
        answers: Of the weights that the features are of.
        groups: Class to superclass, where the classes are too many to colour each; else empty.
        measures: Purity and trustworthiness, by name; see `imgcls.evaluation.embedding`.
        seconds: That it took.
    """

    points: NDArray[np.floating]
    pictures: NDArray[np.uint8]
    answers: Predictions
    groups: Mapping[str, str]
    measures: Mapping[str, float]
    seconds: float


def feature_map(run: Run) -> FeatureMap:
    """Return what the chosen weights make of up to 2,000 validation pictures.

    Raises:
        InputError: Pictures or weights are not there, or there are too few pictures.
    """
    began = time.perf_counter()
    model, images = run.model, unchanged_images(run, "val")
    if not len(images):
        raise InputError(NO_SPLIT)
    sample = stratified_sample(images.labels.numpy(), SAMPLE)
    drawn = images.subset(torch.from_numpy(sample))
    with record_layers(model, [FEATURES], pooled) as recorded:
        logits = run.logits(drawn)
    features = torch.cat(recorded[FEATURES]).numpy()
    points = embed(features, threads=torch.get_num_threads())
    return FeatureMap(
        points,
        drawn.batch(range(len(drawn))).inputs.numpy(),
        predictions_of(logits, drawn.labels, drawn.rows),
        run.data.superclass_of if run.data.num_classes > COLOURED else {},
        measures(features, points, drawn.labels.numpy()),
        time.perf_counter() - began,
    )
