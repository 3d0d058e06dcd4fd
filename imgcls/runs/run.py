"""The one type that knows what lies in a run's folder. It needs no torch to read scores."""

import csv
import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from imgcls.errors import InputError
from imgcls.files import write_whole
from imgcls.runs.hyperparameters import Plain, hyperparameters
from imgcls.runs.migration import FORMAT, KEY, migrated

if TYPE_CHECKING:  # what reads scores need not wait for torch
    from torch import Tensor

    from imgcls.data import ImageDataModule
    from imgcls.data.images import Images
    from imgcls.models import Classifier
    from imgcls.runs.saved_predictions import Predictions


FAILURE = "failed.json"


class Run:
    """The folder of one run, ``<logs>/<experiment>/version_N``, read when it is asked.

    What was read is kept: another `Run` of the folder sees what was written since.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def __fspath__(self) -> str:
        return str(self.folder)

    def __str__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self.folder.absolute() == other.folder.absolute()

    def __hash__(self) -> int:
        return hash(self.folder.absolute())

    @property
    def experiment(self) -> str:
        """Name of the experiment."""
        return self.folder.absolute().parent.name

    @property
    def logs(self) -> Path:
        """Folder of all experiments."""
        return self.folder.parent.parent

    @property
    def config_file(self) -> Path:
        """Every setting, resolved."""
        return self.folder / "config.yaml"

    @property
    def metrics_file(self) -> Path:
        """The curves, one row an epoch."""
        return self.folder / "metrics.csv"

    @property
    def curves_file(self) -> Path:
        """The curves as a figure."""
        return self.folder / "curves.png"

    @property
    def result_file(self) -> Path:
        """The scores, and what they were measured on."""
        return self.folder / "result.json"

    @property
    def split_file(self) -> Path:
        """Which images it was trained, validated and tested on, by their content."""
        return self.folder / "split.json.gz"

    @property
    def checkpoints(self) -> Path:
        """Folder of ``best.ckpt`` and ``last.ckpt``."""
        return self.folder / "checkpoints"

    @property
    def figures(self) -> Path:
        """Folder of what callbacks draw."""
        return self.folder / "pictures"

    @property
    def is_finished(self) -> bool:
        """Whether its training ended and was scored."""
        return "train" in self.result

    @property
    def number(self) -> int:
        """N of ``version_N``, -1 where the folder is called otherwise."""
        number = self.folder.name.removeprefix("version_")
        return int(number) if number.isdigit() else -1

    @cached_property
    def config(self) -> dict[str, Any]:
        """Every setting, resolved.

        Raises:
            InputError: There is no ``config.yaml``, or a newer imgcls wrote it.
        """
        if not self.config_file.is_file():
            raise InputError(
                f"{self} has no {self.config_file.name}: give the whole folder of a finished run"
            )
        content = yaml.safe_load(self.config_file.read_text(encoding="utf-8"))
        return migrated(content, self.config_file)

    @property
    def hyperparameters(self) -> dict[str, Plain]:
        """What the run chose, by short names: classes without their modules, nothing unset."""
        return hyperparameters(self.config)

    @cached_property
    def result(self) -> dict[str, Any]:
        """The content of ``result.json``, empty before there is any.

        Raises:
            InputError: A newer imgcls wrote it.
        """
        if not self.result_file.is_file():
            return {}
        content = json.loads(self.result_file.read_text(encoding="utf-8"))
        return migrated(content, self.result_file)

    @cached_property
    def curves(self) -> list[dict[str, float]]:
        """The rows of ``metrics.csv``, one an epoch, without the empty cells."""
        with self.metrics_file.open(newline="", encoding="utf-8") as file:
            return [
                {name: float(value) for name, value in row.items() if value}
                for row in csv.DictReader(file)
            ]

    def write_config(self, config: dict[str, Any]) -> None:
        """Write ``config.yaml``, whole or not at all."""
        self.config = {KEY: FORMAT, **config}
        write_whole(self.config_file, yaml.safe_dump(self.config, sort_keys=False))

    def write_result(self, result: dict[str, Any]) -> None:
        """Write ``result.json``, whole or not at all."""
        self.result = {KEY: FORMAT, **result}
        text = json.dumps(self.result, indent=2, ensure_ascii=False)
        write_whole(self.result_file, text + "\n")

    @property
    def failure(self) -> str | None:
        """Why a study gave the run up, None where it did not."""
        file = self.folder / FAILURE
        return json.loads(file.read_text(encoding="utf-8"))["failure"] if file.is_file() else None

    def write_failure(self, failure: str) -> None:
        """Note why a study gave the run up, where it is found again."""
        text = json.dumps({"failure": failure}, indent=2)
        write_whole(self.folder / FAILURE, text + "\n")

    def checkpoint(self, *names: str) -> Path:
        """Return the first of some checkpoints that is there, an absolute path.

        Args:
            names: Such as ``last``; default the chosen weights: ``best``, else ``last``.

        Raises:
            InputError: None is there; the text says which are.
        """
        names = names or ("best", "last")
        for name in names:
            if (file := self.checkpoints / f"{name}.ckpt").is_file():
                return file.absolute()
        there = sorted(path.name for path in self.checkpoints.glob("*.ckpt"))
        raise InputError(
            f"no {' or '.join(f'{name}.ckpt' for name in names)} in {self.checkpoints}; "
            f"it holds {', '.join(there) or 'no checkpoint'}"
        )

    def predictions_file(self, split: str) -> Path:
        """Return where predictions are saved.

        Args:
            split: ``val``, ``test``, ``test_tta`` (6 views) or such as ``test_shifted/blur_3``.
        """
        return self.folder / f"answers_{split}.npz"

    def predictions(self, split: str) -> "Predictions":
        """Return what the run predicted for each image of a split, see `predictions_file`.

        Raises:
            InputError: The folder does not hold it.
        """
        from imgcls.runs.saved_predictions import read_predictions

        return read_predictions(self.predictions_file(split))

    @cached_property
    def data(self) -> "ImageDataModule":
        """The data module; a folder of images that is not on this machine is looked for anew."""
        from imgcls.runs.rebuilt import rebuilt_data

        return rebuilt_data(self)

    def untrained_model(self) -> "Classifier":
        """Return the model as it was before training, but for its random weights."""
        from imgcls.runs.rebuilt import rebuilt_model

        return rebuilt_model(self.config, self.data)

    @cached_property
    def model(self) -> "Classifier":
        """The model with the run's chosen weights, on the CPU, in eval mode.

        Raises:
            InputError: The weights were not saved, or were trained on other classes than the
                data's.
        """
        from imgcls.runs.checkpoints import check_fits, data_facts, read_checkpoint

        try:
            path = self.checkpoint()
        except InputError as error:
            raise InputError(f"its weights were not saved ({error})") from error
        content = read_checkpoint(path)
        self.data.load_state_dict(data_facts(content, path))
        model = self.untrained_model()
        check_fits(content, model, path)
        model.load_state_dict(content["state_dict"])
        return model

    def logits(self, images: "Images") -> "Tensor":
        """Return the model's logits ``(N, K)`` of images such as ``run.data.val_images``."""
        from imgcls.evaluation.inference import logits_of

        return logits_of(self.model, self.data, images)
