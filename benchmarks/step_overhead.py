"""What `imgcls fit` costs over a bare PyTorch loop: same model, batches, augmentation, optimizer.

python benchmarks/step_overhead.py [--repeats 5] [--threads N] [--write]

Both are run in turn, several times, on made pictures of 32x32, and the medians compared. Of `imgcls
fit` the whole training is timed, with its records and checkpoints, but without validation; how fast
that is is measured in a training of its own, half of whose pictures are validated.
"""

import argparse
import contextlib
import io
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Literal

import torch
from lightning import Callback, LightningModule, Trainer
from page import machine, tell, usual_threads
from torch import nn

import imgcls
from imgcls import Batch, Images, markdown, models, printed, transforms
from imgcls import data as data_sets

CLASSES = 100
CASES = {
    "ResNet18": (models.ResNet18, {"width": 16}, 128, 3_840, 2),
    "SmallCNN": (models.SmallCNN, {}, 64, 19_200, 3),
}


class MadePictures(data_sets.ImageDataModule):
    """Random 32x32 pictures, so that no data set is needed."""

    classes = tuple(f"class_{number}" for number in range(CLASSES))
    image_shape = (3, 32, 32)
    mean, std = (0.5, 0.5, 0.5), (0.29, 0.29, 0.29)
    pictures = 0

    def load(self, split: Literal["train", "test"]) -> Images:
        """Return the pictures."""
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(
            256, (self.pictures, *self.image_shape), generator=generator, dtype=torch.uint8
        )
        return Images(pixels, torch.arange(self.pictures) % CLASSES)


class WholeTraining(Callback):
    """Times a training, with all that happens between its epochs, and its validations."""

    began: float
    seconds: float
    validations: float

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin."""
        WholeTraining.began = time.perf_counter()
        WholeTraining.validations = 0.0

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin a validation."""
        self.paused = time.perf_counter()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End a validation."""
        WholeTraining.validations += time.perf_counter() - self.paused

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End."""
        WholeTraining.seconds = time.perf_counter() - WholeTraining.began


def with_imgcls(case: str, threads: int, folder: Path) -> tuple[float, float]:
    """Return the pictures per second that `imgcls fit` trains on, and that it validates."""
    _, _, _, pictures, epochs = CASES[case]
    fit(case, threads, folder, val_fraction=0)
    trained = pictures * epochs / WholeTraining.seconds
    fit(case, threads, folder, val_fraction=0.5)
    return trained, 0.5 * pictures * epochs / WholeTraining.validations


def fit(case: str, threads: int, folder: Path, val_fraction: float) -> None:
    """Train by `imgcls fit` with a share of the pictures kept for validation."""
    _, arguments, batch_size, _, epochs = CASES[case]
    flags = [f"--model.{name}={value}" for name, value in arguments.items()]
    with contextlib.redirect_stdout(io.StringIO()):
        imgcls.main(
            [
                *("fit", "--data", "MadePictures", f"--data.batch_size={batch_size}"),
                f"--data.val_fraction={val_fraction}",
                '--data.augment=[{"class_path": "RandomFlip"}, {"class_path": "RandomCrop"}]',
                *("--model", case, *flags, "--model.optimizer=torch.optim.SGD"),
                *("--model.optimizer.lr=0.01", "--model.optimizer.momentum=0.9"),
                *(f"--trainer.max_epochs={epochs}", f"--trainer.default_root_dir={folder}"),
                *("--trainer.accelerator=cpu", "--machine.channels_last=true"),
                *(f"--machine.threads={threads}", f"--trainer.callbacks={__name__}.WholeTraining"),
            ]
        )


def with_bare_loop(case: str) -> float:
    """Return the pictures per second of a loop of nothing but PyTorch and the augmentation."""
    make, arguments, batch_size, pictures, epochs = CASES[case]
    data = MadePictures(batch_size=batch_size)
    images = data.load("train")
    model: models.Classifier = make(CLASSES, data.image_shape, **arguments)
    model.to(memory_format=torch.channels_last)
    model.train()
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    flip, crop = transforms.RandomFlip(), transforms.RandomCrop()
    began = time.perf_counter()
    for epoch in range(epochs):
        for rows in torch.split(torch.randperm(pictures), batch_size):
            batch = Batch(images.pixels.index_select(0, rows), images.labels[rows], rows)
            draws = transforms.Draws(0, epoch, batch.index)
            inputs = transforms.normalise(
                crop(flip(batch.inputs, draws), draws), data.mean, data.std
            )
            optimizer.zero_grad()
            loss_of(model(inputs), batch.targets).backward()
            optimizer.step()
    return pictures * epochs / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=usual_threads())
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in options.models:
            _, _, batch_size, pictures, _ = CASES[case]
            MadePictures.pictures = pictures
            bare, ours, validated = [], [], []
            for _ in range(options.repeats):
                bare.append(with_bare_loop(case))
                trained, seen = with_imgcls(case, options.threads, Path(folder))
                ours.append(trained)
                validated.append(seen)
            figures = {
                "batch": str(batch_size),
                "bare loop, pictures/s": f"{median(bare):,.0f}",
                "imgcls fit, pictures/s": f"{median(ours):,.0f}",
                "ratio": f"{median(ours) / median(bare):.3f}",
                "validation, pictures/s": f"{median(validated):,.0f}",
            }
            rows.append(printed({"model": case}, figures))
    text = f"{markdown(rows)}\n\n{machine(options.threads)}, median of {options.repeats}."
    tell("step_overhead", text, options.write)


if __name__ == "__main__":
    main()
