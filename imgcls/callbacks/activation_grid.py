"""What the first layers find in a few pictures."""

from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn
from tqdm.auto import tqdm

from imgcls.batch import Split
from imgcls.callbacks.named_images import NamedImage, find_images
from imgcls.callbacks.run_pictures import is_recorded, keep, pictures_folder, tested_epoch
from imgcls.data.image_data import data_of
from imgcls.errors import InputError
from imgcls.evaluation.layer_hooks import find_layer, in_eval_mode, record_layers
from imgcls.plots import map_grid

CONVOLUTIONS = 2  # whose activations are drawn unless layers are named


def first_activations(model: nn.Module) -> tuple[str, ...]:
    """Return the names of the ReLUs behind the first two convolutions.

    Raises:
        InputError: There are none.
    """
    names: list[str] = []
    behind = False
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            behind = True
        elif behind and isinstance(module, nn.ReLU):
            names.append(name)
            behind = False
    if not names:
        raise InputError(
            f"{type(model).__name__} has no ReLU behind a convolution: give ActivationGrid layers"
        )
    return tuple(names[:CONVOLUTIONS])


class ActivationGrid(Callback):
    """Draw the activation maps of layers for a few pictures, after training and in a test.

    ``pictures/activations_<layer>_<picture>_epoch_<number>.png`` has every map of the layer, with
    those marked that are zero everywhere; it is also in TensorBoard. `imgcls fit` draws with the
    weights of the last epoch, `imgcls test` with those that are tested. Pictures of the test split
    are drawn by `imgcls test` alone.

    Args:
        layers: Dotted names of modules that return maps, such as the ReLUs of convolutions;
            default the ReLUs behind the first two convolutions.
        pictures: Names, ``<class>/<file stem>`` as in ``accordion/image_0001``, or places in
            ``split``, from 0.
        split: Which split places count in; names are looked for in all.

    Raises:
        InputError: No pictures, or a layer or picture that is not there.
    """

    def __init__(
        self,
        layers: tuple[str, ...] = (),
        pictures: tuple[int | str, ...] = (0, 1),
        split: Split = "val",
    ) -> None:
        if not pictures:
            raise InputError("ActivationGrid's pictures are none: name at least one")
        self.layers = layers
        self.pictures = pictures
        self.split = split
        self._found: list[NamedImage] = []

    def check(self, model: nn.Module, data: Any) -> None:
        """Find layers and pictures."""
        self.layers = self.layers or first_activations(model)
        for name in self.layers:
            find_layer(model, name)
        self._found = find_images(data, self.pictures, self.split)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Find layers and pictures, and leave those of the test split to a test."""
        if stage not in ("fit", "test"):
            return
        self.check(pl_module, data_of(trainer))
        if stage == "fit":
            later = [picture.name for picture in self._found if picture.split == "test"]
            self._found = [picture for picture in self._found if picture.split != "test"]
            if later:
                print(f"ActivationGrid leaves test pictures to imgcls test: {', '.join(later)}")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw with the last weights."""
        self._draw(trainer, pl_module, trainer.current_epoch)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw with the tested weights."""
        self._draw(trainer, pl_module, tested_epoch(trainer))

    def _draw(self, trainer: Trainer, model: LightningModule, epoch: int) -> None:
        if not is_recorded(trainer):
            return
        folder = pictures_folder(trainer)
        for picture in self._found:
            pixels, maps = self._compute(trainer, model, picture)
            for layer, values in maps.items():
                title = f"{layer}, {picture.name} ({picture.split}), epoch {epoch}"
                try:
                    figure = map_grid(values, title, pixels)
                except InputError as error:  # no reason to lose a training
                    tqdm.write(f"no maps of {title}: {error}")
                    continue
                stem = f"activations_{layer}_{picture.name.replace('/', '_').replace(' ', '_')}"
                path = folder / f"{stem}_epoch_{epoch:03d}.png"
                keep(trainer, figure, path, f"activations/{layer}/{picture.name}", epoch)

    def _compute(
        self, trainer: Trainer, model: LightningModule, picture: NamedImage
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the picture ``(C, H, W)`` uint8, and what each layer returns of it."""
        data = data_of(trainer)
        batch = data.images(picture.split).batch([picture.place])
        with (
            in_eval_mode(model),
            torch.inference_mode(),
            trainer.precision_plugin.forward_context(),
            record_layers(model, self.layers) as recorded,
        ):
            model(data.evaluation_batch(batch, model.device).inputs)
        maps = {name: each[0][0] if each else torch.empty(0) for name, each in recorded.items()}
        return batch.inputs[0], maps
