"""Where the data lie, and what a checkpoint has of them, set before they are built."""

from pathlib import Path
from typing import Any

from lightning.pytorch.cli import LightningArgumentParser

from imgcls.cli.arguments import Request
from imgcls.data import ImageFolder
from imgcls.data.root import found_root
from imgcls.errors import InputError
from imgcls.runs.checkpoints import data_metadata, read_checkpoint
from imgcls.runs.rebuilt import class_of_data


def add_arguments(parser: LightningArgumentParser) -> None:
    """Add the flags for data that are not as they should be."""
    flag: dict[str, Any] = {"type": bool, "default": False, "nargs": "?", "const": True}
    parser.add_argument(
        "--allow_changed_data",
        help="test, validate or resume though the images are not those of the run; it is recorded",
        **flag,
    )
    parser.add_argument(
        "--allow_missing_classes",
        help="continue though a class has no image in the validation or the test split",
        **flag,
    )


def settle_data(config: Any, request: Request) -> None:
    """Make the folder of the data absolute; hand a folder of images what a checkpoint has of it.

    Args:
        config: Of the verb, parsed; changed.
        request: What the user asks for.

    Raises:
        InputError: Predictions would be of images of another size than the model was trained on.
    """
    kind, given = class_of_data(config), config.data.init_args
    if given.get("root") is None or request.root_is_remembered:
        given.root = found_root(given.get("root"), kind.root_is_searched)
    given.root = Path(given.root).expanduser().absolute()
    if request.checkpoint and issubclass(kind, ImageFolder):
        metadata = data_metadata(read_checkpoint(request.checkpoint), request.checkpoint)
        trained = metadata["image_shape"][1]
        if request.verb == "predict" and given.image_size != trained:
            raise InputError(
                f"{request.checkpoint} was trained on images of {trained}x{trained}, but "
                f"data.image_size is {given.image_size}: give {trained}"
            )
        given.remembered = metadata
