"""Whether data, model, checkpoint and callbacks go together; it is seen and nothing is changed."""

from collections.abc import Iterable
from pathlib import Path

from lightning import Callback

from imgcls.callbacks.looks_inside import LooksInside
from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.evaluation.training_cost import check_sizes
from imgcls.models import Classifier
from imgcls.runs.checkpoints import check_fits, data_metadata, read_checkpoint


def check_parts(data: ImageDataModule, model: Classifier, checkpoint: Path | None) -> None:
    """See that data, model and checkpoint go together, before the images are read.

    Raises:
        InputError: They do not; the text has both sides.
    """
    if data.num_inputs != model.num_inputs:
        raise InputError(
            f"{type(data).__name__} gives {data.num_inputs} inputs an image, "
            f"{type(model).__name__} takes {model.num_inputs}: "
            "choose data and model that go together"
        )
    if checkpoint:
        content = read_checkpoint(checkpoint)
        check_fits(content, model, checkpoint)
        data.load_state_dict(data_metadata(content, checkpoint))


def check_training(data: ImageDataModule, model: Classifier) -> None:
    """See that the images can be split, and that the model takes all of their sizes.

    Raises:
        InputError: They cannot, or it does not.
    """
    _ = data.train_images
    check_sizes(model, data)


def check_callbacks(
    callbacks: Iterable[Callback], data: ImageDataModule, model: Classifier
) -> None:
    """See that the layers and images are there that callbacks name.

    Raises:
        InputError: One is not.
    """
    for callback in callbacks:
        if isinstance(callback, LooksInside):
            callback.check(model, data)
