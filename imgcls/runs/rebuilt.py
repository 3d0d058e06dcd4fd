"""Data and model built again as a run's config describes them."""

from argparse import ArgumentError
from collections.abc import Mapping
from importlib import import_module
from typing import Any, TypeVar

from jsonargparse import ArgumentParser

from imgcls.data import ImageDataModule, ImageFolder
from imgcls.data.root import found_root
from imgcls.errors import InputError
from imgcls.models import Classifier
from imgcls.runs.checkpoints import data_metadata, read_checkpoint
from imgcls.runs.run import Run
from imgcls.runs.split_manifest import follow, read_manifest

Part = TypeVar("Part", ImageDataModule, Classifier)


def rebuilt_data(run: Run) -> ImageDataModule:
    """Return the data module, which shuffles and augments as it did in the run.

    A folder that is not on this machine is searched for again. A folder of one's own images is as
    the run knew it: by its checkpoint, where there is one, and its splits.

    Raises:
        InputError: There is no such class, or it takes other arguments.
    """
    kind, arguments = class_of_data(run.config), dict(run.config["data"]["init_args"])
    arguments["seed"] = run.config["seed_everything"]
    arguments["root"] = str(found_root(arguments.get("root"), kind.root_is_searched))
    if issubclass(kind, ImageFolder):
        arguments["remembered"] = _remembered(run)
    data = _built(ImageDataModule, {**run.config["data"], "init_args": arguments})
    data.allow_missing_classes = run.config.get("allow_missing_classes", False)
    data.run_epochs = run.config["trainer"]["max_epochs"]
    follow(data, read_manifest(run))
    return data


def _remembered(run: Run) -> dict[str, Any] | None:
    """Return what the checkpoint has of the data, None where no weights were saved."""
    try:
        path = run.checkpoint()
    except InputError:
        return None
    return data_metadata(read_checkpoint(path), path)


def class_of_data(config: Mapping[str, Any]) -> type[ImageDataModule]:
    """Return the class of the data that a resolved config names."""
    module, _, name = config["data"]["class_path"].rpartition(".")
    kind: type[ImageDataModule] = getattr(import_module(module), name)
    return kind


def rebuilt_model(config: dict[str, Any], data: ImageDataModule) -> Classifier:
    """Return the model with new weights, in eval mode."""
    metadata = {"num_classes": data.num_classes, "image_shape": list(data.image_shape)}
    given = config["model"]
    return _built(Classifier, {**given, "init_args": {**given["init_args"], **metadata}}).eval()


def _built(kind: type[Part], content: dict[str, Any]) -> Part:
    """Return the object that a config names and describes.

    Raises:
        InputError: There is no such class, or it takes other arguments.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--part", type=kind)
    try:
        config = parser.parse_object({"part": content})
    except ArgumentError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the run's {content['class_path']} cannot be built: {reason}") from error
    part: Part = parser.instantiate(config).part
    return part
