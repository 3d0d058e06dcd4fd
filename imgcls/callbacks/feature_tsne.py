"""How the classes come apart in what a layer finds."""

import time
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from tqdm.auto import tqdm

from imgcls.callbacks.run_pictures import is_recorded, keep, pictures_folder, tested_epoch
from imgcls.embedding import (
    Floats,
    Integers,
    embed,
    neighbour_purity,
    stratified_sample,
    trustworthiness,
)
from imgcls.errors import InputError
from imgcls.hooks import Recorded, find_layer, pooled, record_layers
from imgcls.plots import scatter


class FeatureTSNE(Callback):
    """Draw features of pictures as points in the plane, by t-SNE, coloured by class.

    It listens while the trainer validates or tests, so no picture is computed twice: `imgcls fit`
    draws the validation split, and `imgcls test` the test split, in the pass that counts as its
    look. ``pictures/tsne_<split>_<layer>_epoch_<number>.png`` is also in TensorBoard; the ``.npz``
    beside it holds points, labels, and two numbers to compare layers and epochs by: purity of the
    features and trustworthiness of the points (see `imgcls.embedding`).

    Args:
        layers: Dotted names of modules, whose outputs are averaged over places. With ``.input``
            behind it, what a module takes: ``backbone.fusions.late.input`` and
            ``backbone.fusions.late`` are before and after a fusion.
        every_n_epochs: Draw after each n-th epoch and after the last; 0 draws after the last alone.
        samples: Pictures that are drawn, each class with its share, always the same ones; 0 draws
            the whole split.
        perplexity: How many neighbours a point has, about.
        seed: Of the sample and of t-SNE.
        film: Whether the points of an epoch start from those of the one that was drawn before, so
            that the pictures can be followed.

    Raises:
        InputError: No layers, numbers below 0, or a layer that the model does not have.
    """

    def __init__(
        self,
        layers: tuple[str, ...] = ("head.input",),
        every_n_epochs: int = 0,
        samples: int = 2000,
        perplexity: float = 30.0,
        seed: int = 0,
        film: bool = False,
    ) -> None:
        if not layers:
            raise InputError("FeatureTSNE's layers are none: name at least one")
        if every_n_epochs < 0 or samples < 0 or perplexity <= 0:
            raise InputError(
                f"FeatureTSNE's every_n_epochs is {every_n_epochs}, samples {samples} and "
                f"perplexity {perplexity}: give at least 0, at least 0 and above 0"
            )
        self.layers = layers
        self.every_n_epochs = every_n_epochs
        self.samples = samples
        self.perplexity = perplexity
        self.seed = seed
        self.film = film
        self._listening = ExitStack()
        self._heard: Recorded = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """See that the model has the layers."""
        for name in self.layers:
            find_layer(pl_module, name)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say so when there is nothing to look at."""
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        if data.validate_on == "test" or not len(data.val_images):
            print("FeatureTSNE draws nothing yet: no validation split is looked at", flush=True)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen, if this epoch is drawn."""
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        training = trainer.state.fn == "fit" and not trainer.sanity_checking
        if training and data.validate_on == "val" and self._is_drawn(trainer):
            self._listen(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw what was heard."""
        self._draw(trainer, pl_module, trainer.current_epoch + 1)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen."""
        self._listen(trainer, pl_module)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw what was heard."""
        self._draw(trainer, pl_module, tested_epoch(trainer))

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Listen no longer."""
        self._listening.close()

    def _is_drawn(self, trainer: Trainer) -> bool:
        epoch = trainer.current_epoch + 1
        if not trainer.is_last_batch:  # one of several validations in an epoch
            return False
        last = epoch == trainer.max_epochs or trainer.global_step == trainer.max_steps
        return last or bool(self.every_n_epochs and epoch % self.every_n_epochs == 0)

    def _listen(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if is_recorded(trainer):
            listening = record_layers(pl_module, self.layers, pooled)
            self._heard = self._listening.enter_context(listening)

    def _draw(self, trainer: Trainer, model: Any, epoch: int) -> None:
        self._listening.close()
        heard, self._heard = self._heard, {}
        if not heard:
            return
        labels = model.outputs()[1].cpu().numpy()
        sample = stratified_sample(labels, self.samples, self.seed)
        for layer, parts in heard.items():
            whole = all(part.dim() == 2 for part in parts)
            try:
                if not whole or sum(map(len, parts)) != len(labels):
                    raise InputError("it does not return features once a picture: name another")
                features = torch.cat(parts).numpy()
                self._draw_layer(trainer, layer, features[sample], labels[sample], epoch)
            except InputError as error:  # no reason to end a training
                tqdm.write(f"no t-SNE of {layer} after epoch {epoch}: {error}")

    def _draw_layer(
        self, trainer: Trainer, layer: str, features: Floats, labels: Integers, epoch: int
    ) -> None:
        began = time.perf_counter()
        split = "test" if trainer.testing else "val"
        folder = pictures_folder(trainer)
        stem = f"tsne_{split}_{layer}"
        path = folder / f"{stem}_epoch_{epoch:03d}.npz"
        before = [file for file in sorted(folder.glob(f"{stem}_epoch_*.npz")) if file < path]
        init = np.load(before[-1])["points"] if self.film and before else None
        if init is not None and len(init) != len(features):  # of another sample
            init = None
        threads = torch.get_num_threads()
        points = embed(features, self.seed, self.perplexity, init, threads)
        measures = {
            "purity": neighbour_purity(features, labels),
            "trustworthiness": trustworthiness(features, points),
        }
        arrays: dict[str, Any] = {"points": points, "labels": labels, **measures}
        np.savez_compressed(path, **arrays)
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        groups = {name: group for group, names in data.superclasses.items() for name in names}
        title = f"{layer}, {len(points):,} {split} pictures, epoch {epoch}"
        figure = scatter(points, labels, data.classes, title, groups or None, measures=measures)
        picture = path.with_suffix(".png")
        keep(trainer, figure, picture, f"tsne/{split}/{layer}", epoch)
        measured = ", ".join(f"{name} {value:.3f}" for name, value in measures.items())
        seconds = time.perf_counter() - began
        tqdm.write(f"t-SNE of {title}: {measured}; {seconds:.1f} s; {picture}")
