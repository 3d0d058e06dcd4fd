"""Data and model built again as a run's config describes them."""

from argparse import ArgumentError
from typing import Any, TypeVar

from jsonargparse import ArgumentParser

from imgcls.data import ImageDataModule
from imgcls.data.root import found_root
from imgcls.errors import InputError
from imgcls.models import Classifier

Part = TypeVar("Part", ImageDataModule, Classifier)


def rebuilt_data(config: dict[str, Any]) -> ImageDataModule:
    """Return the data module, which shuffles and augments as it did in the run.

    A folder that is not on this machine is looked for anew.
    """
    arguments = config["data"]["init_args"]
    facts = {"seed": config["seed_everything"], "root": str(found_root(arguments.get("root")))}
    data = _built(ImageDataModule, {**config["data"], "init_args": {**arguments, **facts}})
    data.run_epochs = config["trainer"]["max_epochs"]
    return data


def rebuilt_model(config: dict[str, Any], data: ImageDataModule) -> Classifier:
    """Return the model with new weights, in eval mode."""
    facts = {"num_classes": data.num_classes, "image_shape": list(data.image_shape)}
    given = config["model"]
    return _built(Classifier, {**given, "init_args": {**given["init_args"], **facts}}).eval()


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
