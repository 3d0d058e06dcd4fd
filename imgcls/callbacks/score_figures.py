"""What a run met, learned and answered, in figures."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from lightning import Callback, LightningModule, Trainer
from torch import Tensor
from tqdm.auto import tqdm

from imgcls import plots
from imgcls.batch import Split
from imgcls.callbacks.run_figures import (
    Draw,
    answer_figures,
    overview_figures,
    training_figures,
    weight_figures,
)
from imgcls.callbacks.run_pictures import is_recorded, keep, pictures_folder, tested_epoch
from imgcls.data.image_data import data_of
from imgcls.errors import InputError
from imgcls.runs.run import Run


class ScoreFigures(Callback):
    """Draw what a run met, learned and answered, when training ends and in a test.

    Of the training: examples of each class, some before and after augmentation, the curves, the
    learning rate over the steps, and the layers with their parameters and FLOPs. Of the weights
    that are scored: the filters of the first convolution, and by Grad-CAM where in validation
    pictures they find what speaks for their answers. Of their answers: predictions, confusion
    matrix, most confused pairs, accuracy of each class, reliability and highest losses. `imgcls
    fit` draws the answers to the validation split, with the chosen weights, `imgcls test` those to
    the test split; both are the answers that result.json is made of, so no picture is computed for
    them. All are in ``pictures/`` and in TensorBoard's IMAGES tab.
    """

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw what training met."""
        if not is_recorded(trainer):
            return
        model: Any = pl_module
        steps = int(trainer.estimated_stepping_batches)
        rate = trainer.optimizers[0].param_groups[0]["initial_lr"]
        schedule = partial(plots.schedule, model.schedule, steps, rate)
        figures: dict[str, Draw] = {**_of_training(trainer, model), "schedule": schedule}
        _keep(trainer, "training", figures, "", trainer.current_epoch)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the answers to the test pictures, and what `imgcls fit` did not draw."""
        if not is_recorded(trainer):
            return
        model: Any = pl_module
        logits, labels = model.outputs()
        epoch = tested_epoch(trainer)
        _keep(trainer, "training", _missing(trainer, _of_training(trainer, model), ""), "", epoch)
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
        """Draw the answers to a split and the weights that gave them.

        Args:
            trainer: Has the data and the loggers.
            model: Has the weights.
            split: Which pictures were answered.
            logits: ``(N, K)``.
            labels: ``(N,)``.
            epoch: Of the weights, counted from 1.
        """
        data = data_of(trainer)
        title = f"{type(model).__name__} on {type(data).__name__}, {split} split, epoch {epoch}"
        figures = answer_figures(data, split, logits, labels, title)
        _keep(trainer, split, figures, f"_{split}_epoch_{epoch:03d}", epoch)
        ending = f"_epoch_{epoch:03d}"
        weights = _missing(trainer, weight_figures(model, data, epoch), ending)
        _keep(trainer, "weights", weights, ending, epoch)
        tqdm.write(f"pictures   {pictures_folder(trainer)}")


def _of_training(trainer: Trainer, model: LightningModule) -> Mapping[str, Draw]:
    data = data_of(trainer)
    run = Run(str(trainer.log_dir))
    return {**training_figures(data), **overview_figures(run, model, data)}


def _missing(trainer: Trainer, figures: Mapping[str, Draw], ending: str) -> Mapping[str, Draw]:
    """Return the figures that `imgcls fit` did not draw."""
    folder = pictures_folder(trainer)
    return {n: draw for n, draw in figures.items() if not (folder / f"{n}{ending}.png").exists()}


def _keep(
    trainer: Trainer, group: str, figures: Mapping[str, Draw], ending: str, epoch: int
) -> None:
    """Write ``pictures/<name><ending>.png`` and add ``<group>/<name>`` to TensorBoard."""
    folder = pictures_folder(trainer)
    for name, draw in figures.items():
        try:
            figure = draw()
        except InputError as error:  # no reason to lose a training
            tqdm.write(f"ScoreFigures leaves out {name}{ending}: {error}")
            continue
        keep(trainer, figure, folder / f"{name}{ending}.png", f"{group}/{name}", epoch)
