"""A finished run as notebooks and figures use it: scores, curves, answers, model and data."""

from argparse import ArgumentError
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import torch
from jsonargparse import ArgumentParser
from torch import Tensor

from imgcls.data import ImageDataModule
from imgcls.data.image_data import found_root
from imgcls.data.images import Images
from imgcls.errors import InputError
from imgcls.models import Classifier
from imgcls.runs.checkpoints import check_fits, data_facts, read_checkpoint
from imgcls.runs.find import find_checkpoint, finished, read_config, read_curves, read_result
from imgcls.runs.saved_predictions import Answers, read_answers

Part = TypeVar("Part", ImageDataModule, Classifier)


class FinishedRun:
    """What a run's folder holds, read when it is asked for.

    Args:
        folder: ``lightning_logs/<experiment>/version_N``.

    Raises:
        InputError: It has no result.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.result = read_result(folder)
        if "train" not in self.result:
            raise InputError(f"{folder} has no result.json: give the folder of a finished run")

    @cached_property
    def config(self) -> dict[str, Any]:
        """Every setting, resolved."""
        return read_config(self.folder)

    @cached_property
    def curves(self) -> list[dict[str, float]]:
        """One row an epoch, as `imgcls.plots.curves` takes them."""
        return read_curves(self.folder)

    @cached_property
    def data(self) -> ImageDataModule:
        """The data module; a folder of pictures that is not on this machine is looked for anew."""
        arguments = self.config["data"]["init_args"]
        root = str(found_root(arguments.get("root")))
        content = {**self.config["data"], "init_args": {**arguments, "root": root}}
        return _built(ImageDataModule, content)

    def untrained_model(self) -> Classifier:
        """Return the model as it was before training, but for the draw of its weights."""
        facts = {"num_classes": self.data.num_classes, "image_shape": list(self.data.image_shape)}
        given = self.config["model"]
        return _built(Classifier, {**given, "init_args": {**given["init_args"], **facts}}).eval()

    @cached_property
    def model(self) -> Classifier:
        """The model with the run's chosen weights, on the CPU, in eval mode.

        Raises:
            InputError: The weights were not kept, or were trained on other classes than the data's.
        """
        experiment = self.folder.parent
        try:
            path = find_checkpoint(
                str(self.folder), experiment.parent, experiment.name, resume=False
            )
        except InputError as error:
            raise InputError(f"its weights were not kept ({error})") from error
        checkpoint = read_checkpoint(path)
        self.data.load_state_dict(data_facts(checkpoint, path))
        model = self.untrained_model()
        check_fits(checkpoint, model, path)
        model.load_state_dict(checkpoint["state_dict"])
        return model

    def answers(self, split: str) -> Answers:
        """Return what the run answered to each picture of ``val`` or ``test``.

        Raises:
            InputError: The run's folder does not hold it.
        """
        answers = read_answers(self.folder, split)
        if answers is None:
            verb = "test" if split == "test" else "fit"
            raise InputError(f"{self.folder} has no answers_{split}.npz: 'imgcls {verb}' writes it")
        return answers

    @torch.no_grad()  # inference mode would spoil a model that is built here for later gradients
    def logits(self, images: Images) -> Tensor:
        """Return the model's logits ``(N, K)`` of pictures such as ``run.data.val_images``."""
        batches = self.data.ordered_loader(images)
        inputs = (self.data.on_after_batch_transfer(batch, 0).inputs for batch in batches)
        return torch.cat([self.model(each) for each in inputs])


def finished_runs(logs: Path, experiment: str) -> list[FinishedRun]:
    """Return the finished runs of an experiment, the oldest first.

    Raises:
        InputError: There is none.
    """
    return [FinishedRun(folder) for folder in finished(logs, experiment)]


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
