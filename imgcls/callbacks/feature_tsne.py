"""t-SNE of the features of a layer."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import LightningModule, Trainer
from matplotlib.figure import Figure
from torch import nn
from tqdm.auto import tqdm

from imgcls.callbacks.animation import write_animation
from imgcls.callbacks.feature_listener import FeatureListener
from imgcls.callbacks.features import Features
from imgcls.callbacks.figure_files import figures_folder, is_recorded, save_figure
from imgcls.data.image_data import data_of
from imgcls.errors import InputError, did_you_mean
from imgcls.evaluation.embedding import Floats, embed, measures
from imgcls.evaluation.layer_hooks import layer_names
from imgcls.plots import scatter


class FeatureTSNE(FeatureListener):
    """Draw t-SNE of the features of images, coloured by class.

    Features are recorded while the trainer validates or tests, so no image is computed twice:
    `imgcls fit` draws the validation split, and `imgcls test` the test split, in the same pass that
    counts as the evaluation. ``pictures/tsne_<split>_<layer>_epoch_<number>.png`` is also in
    TensorBoard; the ``.npz`` next to it holds points, labels, and two measures to compare layers
    and epochs: purity of the features and trustworthiness of the points (see
    `imgcls.evaluation.embedding`).

    Args:
        layers: Dotted names of modules, whose outputs are averaged over positions; ``*`` stands for
            any one part of a name. With the suffix ``.input``, the input of the module, and with
            ``.input.0`` the first of several: ``backbone.fusions.*.input.0`` and ``...input.1`` are
            both branches before each fusion of `DualBranchNet`, ``backbone.fusions.*`` after it.
        every_n_epochs: Draw after each n-th epoch and after the last; 0 draws only after the last,
            null draws only in `imgcls test`.
        samples: Number of images that are drawn, stratified by class and always the same; 0 draws
            the whole split.
        perplexity: Approximate number of neighbours of a point.
        seed: Seed of the sample and of t-SNE.
        film: Whether to write an animation. The points of an epoch then start from those of the
            previous drawn epoch, and ``pictures/tsne_val_<layer>.gif`` shows all epochs of
            `imgcls fit` on the same axes. Needs ``every_n_epochs`` of at least 1.
        highlight: Classes or superclasses in colour; all others are grey. Default all.

    Raises:
        InputError: No layers, numbers out of range, an animation of one epoch, or a layer or class
            that does not exist.
    """

    def __init__(
        self,
        layers: tuple[str, ...] = ("head.input",),
        every_n_epochs: int | None = 0,
        samples: int = 2000,
        perplexity: float = 30.0,
        seed: int = 0,
        film: bool = False,
        highlight: tuple[str, ...] = (),
    ) -> None:
        super().__init__(layers, every_n_epochs, samples, seed)
        if perplexity <= 0:
            raise InputError(f"FeatureTSNE's perplexity is {perplexity}: give more than 0")
        if film and not every_n_epochs:
            raise InputError(
                "FeatureTSNE's film would have one frame, since every_n_epochs is "
                f"{every_n_epochs}: give at least 1"
            )
        self.perplexity = perplexity
        self.film = film
        self.highlight = highlight

    def check(self, model: nn.Module, data: Any) -> None:
        """Check that the model has the layers, and the data the classes."""
        super().check(model, data)
        names = [*data.classes, *dict.fromkeys(data.superclass_of.values())]
        for name in self.highlight:
            if name not in names:
                raise InputError(
                    f"{type(data).__name__} has no class {name!r} for FeatureTSNE to highlight"
                    f"{did_you_mean(name, names)}"
                )

    def draw(self, trainer: Trainer, pl_module: LightningModule, features: Features) -> None:
        """Draw t-SNE of one layer's features and save the points."""
        began = time.perf_counter()
        layer, values, _, labels, split, epoch = features
        stem = f"tsne_{split}_{layer}"
        path = figures_folder(trainer) / f"{stem}_epoch_{epoch:03d}.npz"
        init = self._points_before(path, stem, len(values))
        points = embed(values, self.seed, self.perplexity, init, torch.get_num_threads())
        found = measures(values, points, labels)
        arrays: dict[str, Any] = {"points": points, "labels": labels, **found}
        title = f"{layer}, {len(points):,} {split} images, epoch {epoch}"
        figure = self._figure(trainer, arrays, title)
        np.savez_compressed(path, **arrays)
        file = path.with_suffix(".png")
        save_figure(trainer, figure, file, f"tsne/{split}/{layer}", epoch)
        measured = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
        seconds = time.perf_counter() - began
        tqdm.write(f"t-SNE of {title}: {measured}; {seconds:.1f} s; {file}")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write an animation of each layer that was drawn in two epochs or more."""
        if not (self.film and is_recorded(trainer)):
            return
        folder = figures_folder(trainer)
        for layer in layer_names(pl_module, self.layers):
            files = sorted(folder.glob(f"tsne_val_{layer}_epoch_*.npz"))
            if len(files) < 2:
                continue
            frames = {file.stem.rpartition("_")[2]: dict(np.load(file)) for file in files}
            room = np.concatenate([frame["points"] for frame in frames.values()])
            path = folder / f"tsne_val_{layer}.gif"
            write_animation(
                (
                    self._figure(trainer, frame, f"{layer}, epoch {int(epoch)}", room)
                    for epoch, frame in frames.items()
                ),
                path,
            )
            tqdm.write(f"animation of {layer} over {len(frames)} epochs: {path}")

    def _figure(
        self,
        trainer: Trainer,
        arrays: Mapping[str, Any],
        title: str,
        room: Floats | None = None,
    ) -> Figure:
        """Return the scatter plot of points by class; scalars in ``arrays`` are measures."""
        data = data_of(trainer)
        measured = {name: float(value) for name, value in arrays.items() if np.ndim(value) == 0}
        return scatter(
            arrays["points"],
            arrays["labels"],
            data.classes,
            title,
            data.superclass_of or None,
            self.highlight,
            measured,
            room,
        )

    def _points_before(self, path: Path, stem: str, count: int) -> Floats | None:
        """Return the points of the previous drawn epoch, if an animation is to start from them."""
        before = [file for file in sorted(path.parent.glob(f"{stem}_epoch_*.npz")) if file < path]
        if not (self.film and before):
            return None
        points: Floats = np.load(before[-1])["points"]
        return points if len(points) == count else None  # else they belong to another sample
