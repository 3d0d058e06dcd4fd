"""What a training and a test leave in the folder of their run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lightning import Callback
from torch import Tensor

from imgcls import plots
from imgcls.callbacks import Robustness, TestTimeAugmentation
from imgcls.cli.summary import shown
from imgcls.data import ImageDataModule
from imgcls.evaluation.most_probable import most_probable
from imgcls.models import Classifier
from imgcls.runs.loggers import Dashboard
from imgcls.runs.result import last_scores
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import predictions_of, write_predictions


def counted(run: Run, evaluations: int) -> dict[str, Any]:
    """Return the result of a run with more evaluations of the test set counted."""
    return {
        **run.result,
        "test_evaluations": run.result.get("test_evaluations", 0) + evaluations,
    }


def record_training(
    run: Run, dashboard: Dashboard, validated_on: str, achieved: dict[str, Any]
) -> None:
    """Write what a training achieved, next to what was known before, and draw its curves.

    Args:
        run: Was trained.
        dashboard: Gets the scores.
        validated_on: The split of the curves; each epoch of ``test`` counts as an evaluation.
        achieved: As ``result.json`` names it.
    """
    epochs = sum("val/acc" in row for row in run.curves)
    run.write_result({**counted(run, epochs if validated_on == "test" else 0), **achieved})
    dashboard.log_result(run.hyperparameters, run.result)
    title = f"{run.result['model']} on {run.result['data']}, {run.experiment} {run.folder.name}"
    plots.curves(run.curves, title, validated_on).savefig(run.curves_file, dpi=150)


def callback_scores(
    model: Classifier, data: ImageDataModule, listeners: Iterable[Callback]
) -> dict[str, Any]:
    """Return what callbacks scored next to the plain predictions, as ``result.json`` names it."""
    scores: dict[str, Any] = {}
    for callback in listeners:
        if isinstance(callback, TestTimeAugmentation):
            scores["test_tta"] = last_scores(model, data, callback.logits())
        elif isinstance(callback, Robustness):
            scores["test_shifted"] = _corrupted_accuracies(callback, data)
    return scores


def _corrupted_accuracies(callback: Robustness, data: ImageDataModule) -> dict[str, list[float]]:
    """Return the accuracies by corruption, from the mildest to the most severe."""
    labels = data.test_images.labels
    accuracies: dict[str, list[float]] = {}
    for (corruption, _), logits in callback.logits().items():
        right = most_probable(logits)[:, 0] == labels
        accuracies.setdefault(corruption, []).append(int(right.sum()) / len(right))
    return accuracies


def _logits_of_the_pass(
    model: Classifier, listeners: Iterable[Callback]
) -> Iterator[tuple[str, Tensor]]:
    """Yield the logits of the last test pass, by the name that their predictions are saved under.

    The callbacks' come after the plain ones.
    """
    yield "test", model.outputs()[0]
    for callback in listeners:
        if isinstance(callback, TestTimeAugmentation):
            yield "test_tta", callback.logits()
        elif isinstance(callback, Robustness):
            for (corruption, severity), logits in callback.logits().items():
                yield f"test_shifted/{corruption}_{severity}", logits


def record_test(
    run: Run,
    dashboard: Dashboard,
    checkpoint: Path | None,
    model: Classifier,
    data: ImageDataModule,
    listeners: Sequence[Callback],
    scores: dict[str, Any],
) -> str:
    """Write what a test pass found, and return a line on it.

    Args:
        run: Whose weights were tested.
        dashboard: Gets the scores.
        checkpoint: What was tested; only the chosen weights of the run are recorded.
        model: Holds the logits of the pass.
        data: Holds the images.
        listeners: Callbacks, some of which hold further logits.
        scores: By their names in ``result.json``.
    """
    result = counted(run, 1)
    if checkpoint != run.folder / result.get("checkpoint", "?"):
        run.write_result(result)
        return "counted as an evaluation, not recorded: these are not the run's chosen weights"
    images = data.test_images
    for name, logits in _logits_of_the_pass(model, listeners):
        saved = predictions_of(logits, images.labels, images.rows)
        write_predictions(run.predictions_file(name), saved)
    run.write_result({**result, **scores, "test_set": data.content_hash("test")})
    dashboard.log_result({}, run.result)
    return f"result     {shown(run.result_file)}"
