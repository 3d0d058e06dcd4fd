"""The overhead of `imgcls fit` over a bare PyTorch loop with the same model and batches.

python benchmarks/step_overhead.py [--repeats 5] [--threads N] [--write]

Both run in turn, several times, on random images of 32x32, and the medians are compared. The timing
of `imgcls fit` covers the whole training, with records and checkpoints, but without validation; the
speed of validation is measured in a separate training, with half of the images for validation.
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
from page import machine, publish, usual_threads
from torch import nn

import imgcls
from imgcls import Batch, Images, markdown, models, printed, transforms
from imgcls import data as data_sets

CLASSES = 100
CASES = {
    "ResNet18": (models.ResNet18, {"width": 16}, 128, 3_840, 2),
    "SmallCNN": (models.SmallCNN, {}, 64, 19_200, 3),
}


class MadeImages(data_sets.ImageDataModule):
    """Random 32x32 images, which need no data set."""

    classes = tuple(f"class_{number}" for number in range(CLASSES))
    image_shape = (3, 32, 32)
    mean, std = (0.5, 0.5, 0.5), (0.29, 0.29, 0.29)
    count = 0

    def load(self, split: Literal["train", "test"]) -> Images:
        """Return the images."""
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(
            256, (self.count, *self.image_shape), generator=generator, dtype=torch.uint8
        )
        return Images(pixels, torch.arange(self.count) % CLASSES)


class WholeTraining(Callback):
    """Times a training, including the time between epochs, and its validations."""

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
    """Return the images per second of `imgcls fit` in training, and in validation."""
    _, _, _, count, epochs = CASES[case]
    fit(case, threads, folder, val_fraction=0)
    trained = count * epochs / WholeTraining.seconds
    fit(case, threads, folder, val_fraction=0.5)
    return trained, 0.5 * count * epochs / WholeTraining.validations


def fit(case: str, threads: int, folder: Path, val_fraction: float) -> None:
    """Train with `imgcls fit` and a fraction of the images for validation."""
    _, arguments, batch_size, _, epochs = CASES[case]
    flags = [f"--model.{name}={value}" for name, value in arguments.items()]
    with contextlib.redirect_stdout(io.StringIO()):
        imgcls.main(
            [
                *("fit", "--data", "MadeImages", f"--data.batch_size={batch_size}"),
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
    """Return the images per second of a loop with only PyTorch and the augmentation."""
    make, arguments, batch_size, count, epochs = CASES[case]
    data = MadeImages(batch_size=batch_size)
    images = data.load("train")
    model: models.Classifier = make(CLASSES, data.image_shape, **arguments)
    model.to(memory_format=torch.channels_last)
    model.train()
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    flip, crop = transforms.RandomFlip(), transforms.RandomCrop()
    began = time.perf_counter()
    for epoch in range(epochs):
        for rows in torch.split(torch.randperm(count), batch_size):
            batch = Batch(images.pixels.index_select(0, rows), images.labels[rows], rows)
            draws = transforms.Draws(0, epoch, batch.index)
            inputs = transforms.normalise(
                crop(flip(batch.inputs, draws), draws), data.mean, data.std
            )
            optimizer.zero_grad()
            loss_of(model(inputs), batch.targets).backward()
            optimizer.step()
    return count * epochs / (time.perf_counter() - began)


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
            _, _, batch_size, count, _ = CASES[case]
            MadeImages.count = count
            bare, ours, validated = [], [], []
            for _ in range(options.repeats):
                bare.append(with_bare_loop(case))
                trained, seen = with_imgcls(case, options.threads, Path(folder))
                ours.append(trained)
                validated.append(seen)
            figures = {
                "batch": str(batch_size),
                "bare loop, images/s": f"{median(bare):,.0f}",
                "imgcls fit, images/s": f"{median(ours):,.0f}",
                "ratio": f"{median(ours) / median(bare):.3f}",
                "validation, images/s": f"{median(validated):,.0f}",
            }
            rows.append(printed({"model": case}, figures))
    text = f"{markdown(rows)}\n\n{machine(options.threads)}, median of {options.repeats}."
    publish("step_overhead", text, options.write)


if __name__ == "__main__":
    main()
