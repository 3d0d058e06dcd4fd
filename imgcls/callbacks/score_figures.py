"""Figures of training data, model and predictions of a run."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from lightning import Callback, LightningModule, Trainer
from torch import Tensor
from tqdm.auto import tqdm

from imgcls import plots
from imgcls.batch import Split
from imgcls.callbacks.figure_files import (
    figures_folder,
    is_recorded,
    save_figure,
    tested_epoch,
)
from imgcls.callbacks.run_figures import (
    Draw,
    overview_figures,
    prediction_figures,
    training_figures,
    weight_figures,
)
from imgcls.data.image_data import data_of
from imgcls.errors import InputError
from imgcls.runs.run import Run


class ScoreFigures(Callback):
    """Draw training data, model and predictions of a run, when training ends and in a test.

    Of the training: examples of each class, some before and after augmentation, the curves, the
    learning rate over the steps, and the layer summary with parameters and FLOPs. Of the scored
    weights: the filters of the first convolution, and Grad-CAM for validation images. Of their
    predictions: images with predicted classes, confusion matrix, most confused pairs, accuracy of
    each class, reliability diagram and highest losses. `imgcls fit` draws the predictions for the
    validation split, with the chosen weights, `imgcls test` those for the test split. Both use the
    predictions that result.json is computed from, so no image is computed again. All figures are
    in ``pictures/`` and in TensorBoard's IMAGES tab.
    """

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw training data, curves, schedule and layer summary."""
        if not is_recorded(trainer):
            return
        model: Any = pl_module
        steps = int(trainer.estimated_stepping_batches)
        rate = trainer.optimizers[0].param_groups[0]["initial_lr"]
        schedule = partial(plots.schedule, model.schedule, steps, rate)
        figures: dict[str, Draw] = {**_of_training(trainer, model), "schedule": schedule}
        _save(trainer, "training", figures, "", trainer.current_epoch)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the predictions for the test split, and what `imgcls fit` did not draw."""
        if not is_recorded(trainer):
            return
        model: Any = pl_module
        logits, labels = model.outputs()
        epoch = tested_epoch(trainer)
        _save(trainer, "training", _missing(trainer, _of_training(trainer, model), ""), "", epoch)
        self.draw(trainer, pl_module, "test", logits.cpu(), labels.cpu(), epoch)

    def draw(
        self,
        trainer: Trainer,
        model: LightningModule,
        split: Split,
        logits: Tensor,
        labels: Tensor,
        epoch: int,
    ) -> None:
        """Draw the predictions for a split and the weights that made them.

        Args:
            trainer: Has the data and the loggers.
            model: Has the weights.
            split: The split of the predictions.
            logits: ``(N, K)``.
            labels: ``(N,)``.
            epoch: Epoch of the weights, counted from 1.
        """
        data = data_of(trainer)
        title = f"{type(model).__name__} on {type(data).__name__}, {split} split, epoch {epoch}"
        figures = prediction_figures(data, split, logits, labels, title)
        _save(trainer, split, figures, f"_{split}_epoch_{epoch:03d}", epoch)
        ending = f"_epoch_{epoch:03d}"
        weights = _missing(trainer, weight_figures(model, data, epoch), ending)
        _save(trainer, "weights", weights, ending, epoch)
        tqdm.write(f"figures    {figures_folder(trainer)}")


def _of_training(trainer: Trainer, model: LightningModule) -> Mapping[str, Draw]:
    data = data_of(trainer)
    run = Run(str(trainer.log_dir))
    return {**training_figures(data), **overview_figures(run, model, data)}


def _missing(trainer: Trainer, figures: Mapping[str, Draw], ending: str) -> Mapping[str, Draw]:
    """Return the figures that `imgcls fit` did not draw."""
    folder = figures_folder(trainer)
    return {n: draw for n, draw in figures.items() if not (folder / f"{n}{ending}.png").exists()}


def _save(
    trainer: Trainer, group: str, figures: Mapping[str, Draw], ending: str, epoch: int
) -> None:
    """Save ``pictures/<name><ending>.png`` and add ``<group>/<name>`` to TensorBoard."""
    folder = figures_folder(trainer)
    for name, draw in figures.items():
        try:
            figure = draw()
        except InputError as error:  # a figure must not end a training
            tqdm.write(f"ScoreFigures skips {name}{ending}: {error}")
            continue
        save_figure(trainer, figure, folder / f"{name}{ending}.png", f"{group}/{name}", epoch)
