"""How fast images reach the network: imgcls against torchvision's transforms of each PIL image.

    python benchmarks/data_path.py [--images 10000] [--threads N] [--repeats 3] [--write]

Both shuffle 32x32 colour images, flip half of them, crop them after reflection padding of 4 pixels,
and normalise them; both have them decoded in memory. torchvision runs with 0 and with 2 persistent
workers, and its better time counts. The variants take turns, after one warm-up epoch each.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
import torchvision
from page import machine, publish, usual_threads
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from imgcls import Images, markdown, printed
from imgcls import transforms as batched

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # CIFAR-10's training images
OURS = "imgcls, batched"


class PerImage(Dataset[tuple[Tensor, int]]):
    """Decoded PIL images, each transformed when it is read."""

    def __init__(self, images: list[Image.Image], labels: list[int]) -> None:
        self.images = images
        self.labels = labels
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(32, padding=4, padding_mode="reflect"),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def __getitem__(self, position: int) -> tuple[Tensor, int]:
        """Return one image ``(3, 32, 32)``, augmented and normalised, and its label."""
        return self.transform(self.images[position]), self.labels[position]


def as_is(batch: Any) -> Any:
    """Return the batch as `Images` made it."""
    return batch


def imgcls_epoch(pixels: Tensor, labels: Tensor, batch_size: int) -> Callable[[], None]:
    """Return a function that runs one epoch as `imgcls.data` does."""
    loader = DataLoader(Images(pixels, labels), batch_size, shuffle=True, collate_fn=as_is)
    flip, crop = batched.RandomFlip(), batched.RandomCrop(padding=4)

    def epoch() -> None:
        for batch in loader:
            draws = batched.Draws(seed=0, epoch=0, index=batch.index)
            batched.normalise(crop(flip(batch.inputs, draws), draws), MEAN, STD)

    return epoch


def torchvision_epoch(
    pixels: Tensor, labels: Tensor, batch_size: int, workers: int
) -> Callable[[], None]:
    """Return a function that runs one epoch of the usual loader."""
    images = [Image.fromarray(array) for array in pixels.permute(0, 2, 3, 1).numpy()]
    dataset = PerImage(images, labels.tolist())
    loader = DataLoader(
        dataset, batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )

    def epoch() -> None:
        for _ in loader:
            pass

    return epoch


def measure(epochs: dict[str, Callable[[], None]], repeats: int) -> dict[str, float]:
    """Return the median time of each variant in seconds; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in epochs}
    for turn in range(repeats + 1):
        for name, epoch in epochs.items():
            start = time.perf_counter()
            epoch()
            if turn > 0:  # the first warms up
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def report(seconds: dict[str, float], images: int) -> str:
    """Return a Markdown table of images per second and the speed-up of imgcls."""
    rows = [
        printed(
            {"data path": name},
            {
                "images/s": f"{images / taken:,.0f}",
                "imgcls is faster by": f"{taken / seconds[OURS]:.1f}",
            },
        )
        for name, taken in seconds.items()
    ]
    best = min(taken for name, taken in seconds.items() if name != OURS) / seconds[OURS]
    return f"{markdown(rows)}\n\nAgainst torchvision's better time: {best:.1f} times as fast."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=usual_threads())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    generator = torch.Generator().manual_seed(0)
    shape = (arguments.images, 3, 32, 32)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, 10, (arguments.images,), generator=generator)
    split = pixels, labels, arguments.batch_size
    epochs = {
        OURS: imgcls_epoch(*split),
        "torchvision, in the process": torchvision_epoch(*split, workers=0),
        "torchvision, 2 workers": torchvision_epoch(*split, workers=2),
    }
    text = (
        f"{report(measure(epochs, arguments.repeats), arguments.images)}\n\n"
        f"Median of {arguments.repeats} epochs of {arguments.images} images, batches of "
        f"{arguments.batch_size}; {machine(arguments.threads)}, "
        f"torchvision {torchvision.__version__}."
    )
    publish("data_path", text, arguments.write)


if __name__ == "__main__":
    main()
