"""Image sizes under progressive resizing: whether a model takes them, and their FLOPs."""

from statistics import mean

import torch

from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.evaluation.flops import flops_per_image
from imgcls.models import Classifier
from imgcls.transforms import ProgressiveResize
from imgcls.transforms.draws import progress_of


def check_sizes(model: Classifier, data: ImageDataModule) -> None:
    """Check that the model takes the smallest image size of its training.

    Raises:
        InputError: It does not take images of that size.
    """
    smallest = _shape(data, progress=0.0)
    height, width = data.image_shape[1:]
    if smallest != data.image_shape and not _takes(model, smallest):
        raise InputError(
            f"ProgressiveResize begins with images of {smallest[1]}x{smallest[2]}, which "
            f"{type(model).__name__} built for {height}x{width} does not take: leave it "
            "out, give it a larger start, or choose a model for any size, such as SpeedNet, "
            "ResNet18 or WideResNet"
        )


def training_petaflops(
    model: Classifier, data: ImageDataModule, epochs: int, max_epochs: int | None, images: int
) -> float:
    """Return the operations of a training in units of 10^15, by the image size of each epoch.

    A step counts as three forward passes, since the backward pass needs two products for each one
    of the forward pass.

    Args:
        model: The trained model.
        data: Its training data.
        epochs: Number of trained epochs.
        max_epochs: The trainer's ``max_epochs``.
        images: Number of training images of all epochs together.
    """
    shapes = [_shape(data, progress_of(epoch, max_epochs)) for epoch in range(epochs)]
    cost = {shape: flops_per_image(model, shape, data.num_inputs) for shape in set(shapes)}
    return 3e-15 * images * mean(cost[shape] for shape in shapes)


def _shape(data: ImageDataModule, progress: float) -> tuple[int, int, int]:
    """Return ``(C, H, W)`` of training images at a fraction ``progress`` of the run."""
    channels, height, width = data.image_shape
    for transform in data.augment:
        if isinstance(transform, ProgressiveResize):
            height, width = transform.shape(progress, height, width)
    return channels, height, width


def _takes(model: Classifier, shape: tuple[int, int, int]) -> bool:
    training = model.training
    image = torch.zeros(1, *shape)
    try:
        with torch.no_grad():
            model.eval()(image if model.num_inputs == 1 else (image,) * model.num_inputs)
    except RuntimeError:  # torch's own, of whichever layer does not fit
        return False
    finally:
        model.train(training)
    return True
