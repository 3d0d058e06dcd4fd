"""What `imgcls fit` costs over a bare PyTorch loop: same model, batches, augmentation, optimizer.

python benchmarks/step_overhead.py [--repeats 5] [--threads N]

Both are run in turn, several times, on made pictures of 32x32, and the medians compared.
`imgcls fit` is timed as every run is: first step to last, validation left out.
"""

import argparse
import contextlib
import io
import platform
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from torch import nn

import imgcls
from imgcls.data.image_data import ImageDataModule
from imgcls.data.images import Batch, Images
from imgcls.data.pixel_source import Split
from imgcls.models import Classifier, ResNet18, SmallCNN
from imgcls.runs import read_result
from imgcls.transforms import Draws, RandomCrop, RandomFlip, normalise

CLASSES = 100
CASES = {
    "ResNet18": (ResNet18, {"width": 16}, 128, 3_840, 2),
    "SmallCNN": (SmallCNN, {}, 64, 19_200, 3),
}


class MadePictures(ImageDataModule):
    """Random 32x32 pictures, so that no data set is needed; as many to test as the batch holds."""

    classes = tuple(f"class_{number}" for number in range(CLASSES))
    image_shape = (3, 32, 32)
    mean, std = (0.5, 0.5, 0.5), (0.29, 0.29, 0.29)
    pictures = 0

    def load(self, split: Split) -> Images:
        """Return the pictures."""
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(
            256, (self.pictures, *self.image_shape), generator=generator, dtype=torch.uint8
        )
        return Images(pixels, torch.arange(self.pictures) % CLASSES)


def with_imgcls(case: str, folder: Path) -> float:
    """Return the pictures per second of `imgcls fit`, as its result.json says."""
    _, arguments, batch_size, _, epochs = CASES[case]
    flags = [f"--model.{name}={value}" for name, value in arguments.items()]
    before = set(folder.rglob("result.json"))
    with contextlib.redirect_stdout(io.StringIO()):
        imgcls.main(
            [
                *("fit", "--data", "MadePictures", f"--data.batch_size={batch_size}"),
                "--data.val_fraction=0",
                '--data.augment=[{"class_path": "RandomFlip"}, {"class_path": "RandomCrop"}]',
                *("--model", case, *flags, "--model.optimizer=torch.optim.SGD"),
                *("--model.optimizer.lr=0.01", "--model.optimizer.momentum=0.9"),
                *(f"--trainer.max_epochs={epochs}", f"--trainer.default_root_dir={folder}"),
                *("--trainer.accelerator=cpu", "--machine.channels_last=true"),
            ]
        )
    (result,) = set(folder.rglob("result.json")) - before
    speed: float = read_result(result.parent)["images_per_second"]
    return speed


def with_bare_loop(case: str) -> float:
    """Return the pictures per second of a loop of nothing but PyTorch and the augmentation."""
    make, arguments, batch_size, pictures, epochs = CASES[case]
    data = MadePictures(batch_size=batch_size)
    images = data.load("train")
    model: Classifier = make(CLASSES, data.image_shape, **arguments)
    model.to(memory_format=torch.channels_last)
    model.train()
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    flip, crop = RandomFlip(), RandomCrop()
    began = time.perf_counter()
    for epoch in range(epochs):
        for rows in torch.split(torch.randperm(pictures), batch_size):
            batch = Batch(images.pixels.index_select(0, rows), images.labels[rows], rows)
            draws = Draws(0, epoch, batch.index)
            inputs = normalise(crop(flip(batch.inputs, draws), draws), data.mean, data.std)
            optimizer.zero_grad()
            loss_of(model(inputs), batch.targets).backward()
            optimizer.step()
    return pictures * epochs / (time.perf_counter() - began)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"{platform.processor() or platform.machine()}, "
        f"{options.threads} thread{'s' * (options.threads > 1)}, torch {torch.__version__}, "
        f"median of {options.repeats}\n"
    )
    print("| model | batch | bare loop, pictures/s | imgcls fit, pictures/s | ratio |")
    print("|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for case in options.models:
            _, _, batch_size, pictures, _ = CASES[case]
            MadePictures.pictures = pictures
            bare, ours = [], []
            for _ in range(options.repeats):
                bare.append(with_bare_loop(case))
                ours.append(with_imgcls(case, Path(folder)))
            ratio = median(ours) / median(bare)
            print(
                f"| {case} | {batch_size} | {median(bare):,.0f} | {median(ours):,.0f} "
                f"| {ratio:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
