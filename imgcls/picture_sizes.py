"""Whether a model takes the sizes that pictures have on the way to their full one."""

import torch

from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.models import Classifier
from imgcls.transforms import ProgressiveResize


def check_sizes(model: Classifier, data: ImageDataModule) -> None:
    """Show the model a picture of the smallest size that it will be trained on.

    Raises:
        InputError: It takes none of that size.
    """
    channels, height, width = data.image_shape
    for transform in data.augment:
        if isinstance(transform, ProgressiveResize):
            rows, columns = transform.shape(0.0, height, width)
            if not _takes(model, (channels, rows, columns)):
                raise InputError(
                    f"ProgressiveResize begins with pictures of {rows}x{columns}, which "
                    f"{type(model).__name__} built for {height}x{width} does not take: leave it "
                    "out, give it a larger start, or take a model of any size, such as SpeedNet, "
                    "ResNet18 or WideResNet"
                )


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
