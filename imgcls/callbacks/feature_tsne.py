"""How the classes come apart in what a layer finds."""

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

from imgcls.callbacks.feature_listener import FeatureListener
from imgcls.callbacks.features import Features
from imgcls.callbacks.film import write_film
from imgcls.callbacks.run_pictures import is_recorded, keep, pictures_folder
from imgcls.data.image_data import data_of
from imgcls.errors import InputError, did_you_mean
from imgcls.evaluation.embedding import Floats, embed, measures
from imgcls.evaluation.layer_hooks import layer_names
from imgcls.plots import scatter


class FeatureTSNE(FeatureListener):
    """Draw features of pictures as points in the plane, by t-SNE, coloured by class.

    It listens while the trainer validates or tests, so no picture is computed twice: `imgcls fit`
    draws the validation split, and `imgcls test` the test split, in the pass that counts as its
    look. ``pictures/tsne_<split>_<layer>_epoch_<number>.png`` is also in TensorBoard; the ``.npz``
    beside it holds points, labels, and two numbers to compare layers and epochs by: purity of the
    features and trustworthiness of the points (see `imgcls.evaluation.embedding`).

    Args:
        layers: Dotted names of modules, whose outputs are averaged over places; ``*`` stands for
            any one part of a name. With ``.input`` behind it, what a module takes, and with
            ``.input.0`` the first of several: ``backbone.fusions.*.input.0`` and ``...input.1`` are
            both branches before each fusion of `DualBranchNet`, ``backbone.fusions.*`` after it.
        every_n_epochs: Draw after each n-th epoch and after the last; 0 draws after the last alone,
            null leaves all to `imgcls test`.
        samples: Pictures that are drawn, each class with its share, always the same ones; 0 draws
            the whole split.
        perplexity: How many neighbours a point has, about.
        seed: Of the sample and of t-SNE.
        film: Whether the points of an epoch start from those of the one that was drawn before, so
            that they can be followed: ``pictures/tsne_val_<layer>.gif`` shows all epochs of
            `imgcls fit` on the same axes. Wants ``every_n_epochs`` of at least 1.
        highlight: Classes, or superclasses, to be coloured; all others are grey. Default all.

    Raises:
        InputError: No layers, numbers out of range, a film of one epoch, or a layer or class that
            is not there.
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
                "FeatureTSNE's film is of the last epoch alone, since every_n_epochs is "
                f"{every_n_epochs}: give at least 1"
            )
        self.perplexity = perplexity
        self.film = film
        self.highlight = highlight

    def check(self, model: nn.Module, data: Any) -> None:
        """See that the model has the layers, and the data the classes."""
        super().check(model, data)
        names = [*data.classes, *dict.fromkeys(data.superclass_of.values())]
        for name in self.highlight:
            if name not in names:
                raise InputError(
                    f"{type(data).__name__} has no class {name!r} for FeatureTSNE to highlight"
                    f"{did_you_mean(name, names)}"
                )

    def draw(self, trainer: Trainer, pl_module: LightningModule, features: Features) -> None:
        """Draw one layer's features and write their points."""
        began = time.perf_counter()
        layer, values, _, labels, split, epoch = features
        stem = f"tsne_{split}_{layer}"
        path = pictures_folder(trainer) / f"{stem}_epoch_{epoch:03d}.npz"
        init = self._points_before(path, stem, len(values))
        points = embed(values, self.seed, self.perplexity, init, torch.get_num_threads())
        found = measures(values, points, labels)
        arrays: dict[str, Any] = {"points": points, "labels": labels, **found}
        title = f"{layer}, {len(points):,} {split} pictures, epoch {epoch}"
        figure = self._figure(trainer, arrays, title)
        np.savez_compressed(path, **arrays)
        picture = path.with_suffix(".png")
        keep(trainer, figure, picture, f"tsne/{split}/{layer}", epoch)
        measured = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
        seconds = time.perf_counter() - began
        tqdm.write(f"t-SNE of {title}: {measured}; {seconds:.1f} s; {picture}")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write a film of each layer that was drawn twice or more."""
        if not (self.film and is_recorded(trainer)):
            return
        folder = pictures_folder(trainer)
        for layer in layer_names(pl_module, self.layers):
            files = sorted(folder.glob(f"tsne_val_{layer}_epoch_*.npz"))
            if len(files) < 2:
                continue
            frames = {file.stem.rpartition("_")[2]: dict(np.load(file)) for file in files}
            room = np.concatenate([frame["points"] for frame in frames.values()])
            path = folder / f"tsne_val_{layer}.gif"
            write_film(
                (
                    self._figure(trainer, frame, f"{layer}, epoch {int(epoch)}", room)
                    for epoch, frame in frames.items()
                ),
                path,
            )
            tqdm.write(f"film of {layer} over {len(frames)} epochs: {path}")

    def _figure(
        self,
        trainer: Trainer,
        arrays: Mapping[str, Any],
        title: str,
        room: Floats | None = None,
    ) -> Figure:
        """Return points by class; what is beside points and labels was measured on them."""
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
        """Return the points of the epoch that was drawn before, if a film is to go on with them."""
        before = [file for file in sorted(path.parent.glob(f"{stem}_epoch_*.npz")) if file < path]
        if not (self.film and before):
            return None
        points: Floats = np.load(before[-1])["points"]
        return points if len(points) == count else None  # else they are of another sample
