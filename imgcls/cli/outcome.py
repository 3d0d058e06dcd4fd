"""What a training and a test leave in the folder of their run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lightning import Callback

from imgcls.callbacks import Robustness, TestTimeAugmentation
from imgcls.data import ImageDataModule
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
    """Write what a training achieved, beside what was known before it ended.

    Args:
        run: Was trained.
        dashboard: Gets the scores.
        validated_on: The split of the curves; each epoch of ``test`` counts as an evaluation.
        achieved: As ``result.json`` names it.
    """
    epochs = sum("val/acc" in row for row in run.curves)
    run.write_result({**counted(run, epochs if validated_on == "test" else 0), **achieved})
    dashboard.log_result(run.hyperparameters, run.result)


def scored_beside(
    model: Classifier, data: ImageDataModule, listeners: Iterable[Callback]
) -> dict[str, Any]:
    """Return what callbacks scored beside the plain predictions, as ``result.json`` names it."""
    beside: dict[str, Any] = {}
    for callback in listeners:
        if isinstance(callback, TestTimeAugmentation):
            beside["test_tta"] = last_scores(model, data, callback.logits())
        elif isinstance(callback, Robustness):
            beside["test_shifted"] = callback.accuracies()
    return beside


def record_test(
    run: Run,
    dashboard: Dashboard,
    checkpoint: Path | None,
    model: Classifier,
    data: ImageDataModule,
    scores: dict[str, Any],
) -> str:
    """Write what a test pass found, and return a line on it.

    Args:
        run: Whose weights were tested.
        dashboard: Gets the scores.
        checkpoint: What was tested; only the chosen weights of the run are recorded.
        model: Holds the logits of the pass.
        data: Holds the images.
        scores: By their names in ``result.json``.
    """
    result = counted(run, 1)
    if checkpoint != run.folder / result.get("checkpoint", "?"):
        run.write_result(result)
        return "counted as a look, not recorded: these are not the run's chosen weights"
    predictions = predictions_of(*model.outputs(), data.test_images.rows)
    write_predictions(run.predictions_file("test"), predictions)
    run.write_result(result | scores)
    dashboard.log_result({}, run.result)
    return f"result     {run.result_file}"
