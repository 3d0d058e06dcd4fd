"""Runs of seconds that take the place of kept ones, to try a notebook out without any data set."""

import atexit
import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml

from imgcls import Images, data, main

COMMON = {"data": "Digits", "trainer.max_epochs": 1, "trainer.enable_progress_bar": False}
PAIRS = {"data": "rehearsal.DigitPairs", "data.image_size": 8, "model.width": 4}
FIVE = {"model.padding": 2, "data.classes": ["0", "1", "2", "3", "4"]}
# What fits a config's model to images of 8x8, and makes it fast.
FITTING: dict[str, dict[str, Any]] = {
    "fashion_mnist_tiny": {"model.padding": 1},
    "cifar100_tiny": {"model.padding": 1},
    "cifar10_two_layer": {"model.hidden": 64},
    "cifar10_two_layer_more": {"model.hidden": 32, "model.more": [16, 16]},
    "cifar10_convnet": {"model.padding": 2},
    "cifar10_convnet_more": {"model.padding": 2, "model.channels": [8, 8], "model.more": [8, 8]},
    "cifar100_cnn": {"model.channels": [8, 8, 8]},
    "cifar100_dual_branch": {
        **PAIRS,
        "model.kinds": ["plain", "plain"],
        "model.levels": ["middle"],
    },
    "cifar100_dual_branch_start": PAIRS,
    "cifar100_resnet": {"model.width": 8},
    "caltech101_lenet": {"model.pool": 2},
    "caltech101_lenet_improved": {"model.pool": 2},
    "caltech101_resnet": {"model.width": 8},
    "caltech5_convnet": FIVE,
    "caltech5_convnet_finetune": {**FIVE, "ckpt_path": "lightning_logs/cifar10_convnet/version_0"},
}
# What the trials of a study vary.
STUDIES: dict[str, dict[str, Any]] = {
    "cifar10_two_layer_influence": {
        "config": "cifar10_two_layer",
        "each": {"model.optimizer.lr": [0.005, 0.05]},
    },
    "cifar100_dual_branch_ablation": {
        "config": "cifar100_dual_branch",
        "variants": {
            "picture alone": {"model.sees": ["image"]},
            "picture alone as costly": {"model.sees": ["image"], "model.width": 5},
            "fused late": {"model.levels": ["late"]},
            "by sum": {"model.method": "sum"},
        },
    },
    "cifar100_resnet_ablation": {
        "config": "cifar100_resnet",
        "variants": {"no augmentation": {"data.augment": None}},
    },
}
# Trials that are also tested, under shifts.
SHIFTED = {
    "cifar100_dual_branch_ablation": ("baseline", "picture_alone", "picture_alone_as_costly"),
}


class DigitPairs(data.CIFAR100Sobel):
    """scikit-learn's digits in three channels, each beside its gradient."""

    classes = data.Digits.classes
    image_shape = (3, *data.Digits.image_shape[1:])
    superclasses: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def prepare_data(self) -> None:
        """Have nothing to do: the digits come with a package."""

    def load(self, split: Literal["train", "test"]) -> Images:
        """Return the training or the test images."""
        images = data.Digits().load(split)
        return Images(images.pixels.repeat(1, 3, 1, 1), images.labels)


def on_digits(name: str) -> dict[str, Any]:
    """Return the flags with which a config trains for one epoch of scikit-learn's digits."""
    return {**COMMON, **FITTING.get(name, {})}


def as_arguments(flags: dict[str, Any]) -> list[str]:
    """Return flags as the command takes them."""
    values = [v if isinstance(v, str) else json.dumps(v) for v in flags.values()]
    return [f"--{key}={value}" for key, value in zip(flags, values, strict=True)]


def rehearse(*names: str) -> Path:
    """Train and test shipped configs, and sweep studies, on the digits.

    Args:
        names: Of configs and studies, in the order in which they build on one another.

    Returns:
        The folder of all runs, as ``lightning_logs`` is, until the notebook's kernel ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="imgcls-"))
    atexit.register(shutil.rmtree, folder)
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for name in names:
            if study := STUDIES.get(name):
                text = yaml.safe_dump({**study, "flags": on_digits(study["config"])})
                Path(f"{name}.yaml").write_text(text)
                main(["sweep", f"{name}.yaml"])
                for trial in SHIFTED.get(name, ()):
                    tested(f"{name}.{trial}", "--trainer.callbacks+=Robustness")
            else:
                main(["fit", "--config", name, *as_arguments(on_digits(name))])
                tested(name)
    return folder / "lightning_logs"


def tested(name: str, *flags: str) -> None:
    """Test an experiment's first run."""
    run = f"lightning_logs/{name}/version_0"
    main(["test", "--ckpt_path", run, "--trainer.enable_progress_bar=false", *flags])
