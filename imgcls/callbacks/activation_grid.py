"""The activation maps of the first layers for a few images."""

from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn
from tqdm.auto import tqdm

from imgcls.batch import Split
from imgcls.callbacks.figure_files import (
    figures_folder,
    is_recorded,
    save_figure,
    tested_epoch,
)
from imgcls.callbacks.named_images import NamedImage, find_images
from imgcls.data.image_data import data_of
from imgcls.errors import InputError
from imgcls.evaluation.layer_hooks import find_layer, in_eval_mode, record_layers
from imgcls.plots import map_grid

CONVOLUTIONS = 2  # whose activations are drawn unless layers are named


def first_activations(model: nn.Module) -> tuple[str, ...]:
    """Return the names of the ReLUs after the first two convolutions.

    Raises:
        InputError: There are none.
    """
    names: list[str] = []
    convolved = False
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            convolved = True
        elif convolved and isinstance(module, nn.ReLU):
            names.append(name)
            convolved = False
    if not names:
        raise InputError(
            f"{type(model).__name__} has no ReLU after a convolution: give ActivationGrid layers"
        )
    return tuple(names[:CONVOLUTIONS])


class ActivationGrid(Callback):
    """Draw the activation maps of layers for a few images, after training and in a test.

    ``pictures/activations_<layer>_<image>_epoch_<number>.png`` has every map of the layer; maps
    that are zero everywhere are marked. It is also in TensorBoard. `imgcls fit` draws with the
    weights of the last epoch, `imgcls test` with the tested weights. Images of the test split are
    drawn only by `imgcls test`.

    Args:
        layers: Dotted names of modules that return maps, such as the ReLUs of convolutions;
            default the ReLUs after the first two convolutions.
        pictures: Images by name, ``<class>/<file stem>`` as in ``accordion/image_0001``, or by
            index in ``split``, from 0.
        split: The split that indices refer to; names are searched in all splits.

    Raises:
        InputError: No images, or a layer or an image does not exist.
    """

    def __init__(
        self,
        layers: tuple[str, ...] = (),
        pictures: tuple[int | str, ...] = (0, 1),
        split: Split = "val",
    ) -> None:
        if not pictures:
            raise InputError("ActivationGrid's pictures is empty: name at least one image")
        self.layers = layers
        self.pictures = pictures
        self.split = split
        self._found: list[NamedImage] = []

    def check(self, model: nn.Module, data: Any) -> None:
        """Find layers and images."""
        self.layers = self.layers or first_activations(model)
        for name in self.layers:
            find_layer(model, name)
        self._found = find_images(data, self.pictures, self.split)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Find layers and images; images of the test split are drawn only in a test."""
        if stage not in ("fit", "test"):
            return
        self.check(pl_module, data_of(trainer))
        if stage == "fit":
            later = [image.name for image in self._found if image.split == "test"]
            self._found = [image for image in self._found if image.split != "test"]
            if later:
                print(f"ActivationGrid draws test images only in imgcls test: {', '.join(later)}")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw with the last weights."""
        self._draw(trainer, pl_module, trainer.current_epoch)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw with the tested weights."""
        self._draw(trainer, pl_module, tested_epoch(trainer))

    def _draw(self, trainer: Trainer, model: LightningModule, epoch: int) -> None:
        if not is_recorded(trainer):
            return
        folder = figures_folder(trainer)
        for image in self._found:
            pixels, maps = self._compute(trainer, model, image)
            for layer, values in maps.items():
                title = f"{layer}, {image.name} ({image.split}), epoch {epoch}"
                try:
                    figure = map_grid(values, title, pixels)
                except InputError as error:  # a figure must not end a training
                    tqdm.write(f"no maps of {title}: {error}")
                    continue
                stem = f"activations_{layer}_{image.name.replace('/', '_').replace(' ', '_')}"
                path = folder / f"{stem}_epoch_{epoch:03d}.png"
                save_figure(trainer, figure, path, f"activations/{layer}/{image.name}", epoch)

    def _compute(
        self, trainer: Trainer, model: LightningModule, image: NamedImage
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the pixels ``(C, H, W)`` uint8 of an image, and the output of each layer."""
        data = data_of(trainer)
        batch = data.images(image.split).batch([image.position])
        with (
            in_eval_mode(model),
            torch.inference_mode(),
            trainer.precision_plugin.forward_context(),
            record_layers(model, self.layers) as recorded,
        ):
            model(data.evaluation_batch(batch, model.device).inputs)
        maps = {name: each[0][0] if each else torch.empty(0) for name, each in recorded.items()}
        return batch.inputs[0], maps
