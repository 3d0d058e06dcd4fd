"""The contents of a report beyond curves and scores, as far as they are available."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from imgcls.batch import Split
from imgcls.data.images import Images
from imgcls.errors import InputError
from imgcls.report.feature_map import NO_SPLIT, FeatureMap, feature_map
from imgcls.report.first_layers import Activations, Filters, activations, first_filters
from imgcls.report.highest_losses import predicted_images
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions, predictions_of
from imgcls.runs.split_manifest import unchanged_images

Found = TypeVar("Found")


@dataclass(frozen=True)
class Findings:
    """Contents of a report; None for what is missing, or what the model does not have.

    Attributes:
        split: ``test`` if its predictions were saved, else ``val``.
        predictions: Predictions for that split.
        images: Images of that split, one per prediction.
        groups: Class to superclass; empty if the data set has none.
        feature_map: t-SNE of validation images.
        activations: Activations of the first layers.
        filters: Filters of the first convolution.
        notes: Sentences on what is missing and why, and on what was computed again.
    """

    split: Split
    predictions: Predictions | None
    images: Images | None
    groups: Mapping[str, str]
    feature_map: FeatureMap | None
    activations: Activations | None
    filters: Filters | None
    notes: list[str]


def find(run: Run) -> Findings:
    """Return the available contents; nothing is computed on the test split."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)

    def attempt(name: str, compute: Callable[[], Found]) -> Found | None:
        try:
            return compute()
        except InputError as error:
            reasons[str(error)].append(name)
            return None

    split: Split = "test" if run.predictions_file("test").is_file() else "val"
    saved = run.predictions(split) if run.predictions_file(split).is_file() else None
    predictions = saved or attempt("classes, confusions", lambda: _predictions(run))
    images = predictions and attempt(
        "highest losses", lambda: predicted_images(run, split, predictions)
    )
    features = attempt("t-SNE", lambda: feature_map(run))
    maps = attempt("activations", lambda: activations(run))
    filters = attempt("filters", lambda: first_filters(run.model))
    notes = [f"Without {', '.join(names)}: {reason}." for reason, names in reasons.items()]
    if predictions and not saved:
        notes.append("The run has no saved predictions: they were computed again, in float32.")
    if run.result.get("validated_on") == "test":
        notes.append("Validation used the test split in every epoch, so no best epoch was chosen.")
    return Findings(split, predictions, images, _groups(run), features, maps, filters, notes)


def _groups(run: Run) -> Mapping[str, str]:
    try:
        return run.data.superclass_of
    except InputError:  # reported where the images are needed
        return {}


def _predictions(run: Run) -> Predictions:
    images = unchanged_images(run, "val")
    if not len(images):
        raise InputError(NO_SPLIT)
    return predictions_of(run.logits(images), images.labels, images.rows)
