"""t-SNE of the features of validation images."""

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

SAMPLE = 2000  # images, stratified by class
FEATURES = "head.input"
NO_SPLIT = "the run has no validation split"
COLOURED = 20  # classes with a colour each; with more classes, superclasses have colours


class FeatureMap(NamedTuple):
    """One point per image.

    Attributes:
        points: ``(N, 2)``, by t-SNE.
        images: ``(N, C, H, W)`` uint8.
        predictions: Predictions of the same weights.
        groups: Class to superclass, if there are too many classes to colour each; else empty.
        measures: Purity and trustworthiness, by name; see `imgcls.evaluation.embedding`.
        seconds: Seconds of the computation.
    """

    points: NDArray[np.floating]
    images: NDArray[np.uint8]
    predictions: Predictions
    groups: Mapping[str, str]
    measures: Mapping[str, float]
    seconds: float


def feature_map(run: Run) -> FeatureMap:
    """Return t-SNE of the chosen weights' features of up to 2,000 validation images.

    Raises:
        InputError: Images or weights are missing, or there are too few images.
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
