"""What a report shows beyond curves and scores, as far as it can be found."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from imgcls.batch import Split
from imgcls.data.images import Images
from imgcls.errors import InputError
from imgcls.report.feature_map import NO_SPLIT, FeatureMap, feature_map
from imgcls.report.first_layers import Activations, Filters, activations, first_filters
from imgcls.report.highest_losses import answered_images
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions, predictions_of
from imgcls.runs.split_manifest import unchanged_images

Found = TypeVar("Found")


@dataclass(frozen=True)
class Findings:
    """What was found of a run; None is what could not be, or what its net does not have.

    Attributes:
        split: ``test`` if its answers are known, else ``val``.
        answers: Of that split.
        images: Its pictures, one an answer.
        groups: Class to superclass; empty where the data know of none.
        feature_map: Of validation pictures.
        activations: Of the first layers.
        filters: Of the first convolution.
        notes: Sentences on what is left out and why, and on what is not as the run left it.
    """

    split: Split
    answers: Predictions | None
    images: Images | None
    groups: Mapping[str, str]
    feature_map: FeatureMap | None
    activations: Activations | None
    filters: Filters | None
    notes: list[str]


def find(run: Run) -> Findings:
    """Return what can be found; on the test split nothing is computed."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)

    def attempt(name: str, compute: Callable[[], Found]) -> Found | None:
        try:
            return compute()
        except InputError as error:
            reasons[str(error)].append(name)
            return None

    split: Split = "test" if run.predictions_file("test").is_file() else "val"
    saved = run.predictions(split) if run.predictions_file(split).is_file() else None
    answers = saved or attempt("classes, confusions", lambda: _answers(run))
    images = answers and attempt("highest losses", lambda: answered_images(run, split, answers))
    features = attempt("t-SNE", lambda: feature_map(run))
    maps = attempt("activations", lambda: activations(run))
    filters = attempt("filters", lambda: first_filters(run.model))
    notes = [f"Without {', '.join(names)}: {reason}." for reason, names in reasons.items()]
    if answers and not saved:
        notes.append("The run kept no answers: those below were computed anew, in float32.")
    if run.result.get("validated_on") == "test":
        notes.append("The test split was seen in every epoch: no epoch was chosen by its curves.")
    return Findings(split, answers, images, _groups(run), features, maps, filters, notes)


def _groups(run: Run) -> Mapping[str, str]:
    try:
        return run.data.superclass_of
    except InputError:  # told where the pictures are wanted
        return {}


def _answers(run: Run) -> Predictions:
    images = unchanged_images(run, "val")
    if not len(images):
        raise InputError(NO_SPLIT)
    return predictions_of(run.logits(images), images.labels, images.rows)
