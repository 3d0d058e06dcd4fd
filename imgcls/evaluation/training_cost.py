"""The sizes that pictures have on the way to their full one: who takes them, what they cost."""

from statistics import mean

import torch

from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.evaluation.flops import flops_per_image
from imgcls.models import Classifier
from imgcls.transforms import ProgressiveResize
from imgcls.transforms.draws import progress_of


def check_sizes(model: Classifier, data: ImageDataModule) -> None:
    """Show the model a picture of the smallest size that it will be trained on.

    Raises:
        InputError: It takes none of that size.
    """
    smallest = _shape(data, progress=0.0)
    height, width = data.image_shape[1:]
    if smallest != data.image_shape and not _takes(model, smallest):
        raise InputError(
            f"ProgressiveResize begins with pictures of {smallest[1]}x{smallest[2]}, which "
            f"{type(model).__name__} built for {height}x{width} does not take: leave it "
            "out, give it a larger start, or take a model of any size, such as SpeedNet, "
            "ResNet18 or WideResNet"
        )


def training_petaflops(
    model: Classifier, data: ImageDataModule, epochs: int, max_epochs: int | None, images: int
) -> float:
    """Return the operations of a training in units of 10^15, each at the size its pictures had.

    A step counts as three forward passes, since the backward pass needs two products for each one
    of the forward pass.

    Args:
        model: What was trained.
        data: What it was trained on.
        epochs: How many were trained.
        max_epochs: How many the run was to have, as its trainer says.
        images: Pictures of all epochs together.
    """
    shapes = [_shape(data, progress_of(epoch, max_epochs)) for epoch in range(epochs)]
    cost = {shape: flops_per_image(model, shape, data.num_inputs) for shape in set(shapes)}
    return 3e-15 * images * mean(cost[shape] for shape in shapes)


def _shape(data: ImageDataModule, progress: float) -> tuple[int, int, int]:
    """Return ``(C, H, W)`` of training pictures once ``progress`` of the run is done."""
    channels, height, width = data.image_shape
    for transform in data.augment:
        if isinstance(transform, ProgressiveResize):
            height, width = transform.shape(progress, height, width)
    return channels, height, width


def _takes(model: Classifier, shape: tuple[int, int, int]) -> bool:
    training = model.training
    picture = torch.zeros(1, *shape)
    try:
        with torch.no_grad():
            model.eval()(picture if model.num_inputs == 1 else (picture,) * model.num_inputs)
    except RuntimeError:  # torch's own, of whichever layer does not fit
        return False
    finally:
        model.train(training)
    return True
