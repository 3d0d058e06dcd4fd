"""The cost of a step by the number of images and by their size.

python benchmarks/size.py [--write] [--steps 40]

Each size is one `imgcls fit` of a `SpeedNet` on random images, in a separate process; the epochs
after the first count, with at least ``--steps`` steps. "Layers alone" are its convolutions and its
linear layer, forward and backward with the same shapes and precision, with nothing between them;
the fraction compares the whole step with them. `--write` puts table and figure into
docs/benchmarks.md.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import torch
from bare_layers import seconds_alone
from matplotlib.figure import Figure
from page import PAGE, publish
from peer_table import speed_after_first_epoch
from step_overhead import CLASSES, MadeImages

import imgcls
from imgcls import markdown, new_figure, printed

SIZES = [(5_000, 32), (10_000, 32), (20_000, 32), (50_000, 32), (5_000, 64), (5_000, 96)]


class Cost(NamedTuple):
    """The cost of a size.

    Attributes:
        images: Number of training images.
        side: Height and width of an image in pixels.
        seconds: Seconds per 100 steps.
        memory: Peak memory of the process in MB.
        speed: Images per second.
        limit: Images per second of the layers alone.
        device: The device.
    """

    images: int
    side: int
    seconds: float
    memory: float
    speed: float
    limit: float
    device: str


def cost_here(images: int, side: int, steps: int, batch_size: int, channels: list[int]) -> Cost:
    """Return the cost of a size, trained in this process."""
    MadeImages.count, MadeImages.image_shape = images, (3, side, side)
    augment = '[{"class_path": "RandomFlip"}, {"class_path": "RandomCrop"}]'
    batches = min(steps, images // batch_size)  # of an epoch
    epochs = 1 + ceil(steps / batches)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        cli = imgcls.main(
            [
                *("fit", "--data", "MadeImages", f"--data.batch_size={batch_size}"),
                *("--data.val_fraction=0", f"--data.augment={augment}", "--model", "SpeedNet"),
                "--allow_missing_classes=true",  # a few images do for a rehearsal
                *(f"--model.channels={channels}", "--model.whitening=false"),
                *("--model.optimizer=torch.optim.SGD", "--model.optimizer.lr=0.01"),
                *(f"--trainer.max_epochs={epochs}", f"--trainer.limit_train_batches={batches}"),
                f"--trainer.default_root_dir={folder}",
                *("--trainer.accelerator=cpu", "--trainer.callbacks=MixedPrecision"),
            ]
        )
        if cli is None or cli.run is None:
            raise RuntimeError("imgcls fit left no run")
        result, speed = cli.run.result, speed_after_first_epoch(cli.run)
    inputs = torch.randn(batch_size, *MadeImages.image_shape)
    alone = seconds_alone(cli.model.train(), inputs, cli.trainer.precision_plugin.forward_context)
    seconds, limit = 100 * batch_size / speed, batch_size / alone
    return Cost(images, side, seconds, result["peak_memory_mb"], speed, limit, result["device"])


def cost(images: int, side: int, arguments: Sequence[str] = ()) -> Cost:
    """Return the cost of a size in a separate process, whose memory no other size has used."""
    command = [sys.executable, __file__, *arguments, "--one", str(images), str(side)]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Cost(*json.loads(output.splitlines()[-1]))


def table(costs: Sequence[Cost]) -> str:
    """Return a Markdown table with one row per size."""
    rows = [
        {
            "images": f"{each.images:,}",
            "size": f"{each.side}x{each.side}",
            "seconds per 100 steps": f"{each.seconds:.2f}",
            "peak memory, MB": f"{each.memory:,.0f}",
            "images/s": f"{each.speed:,.0f}",
            "layers alone, images/s": f"{each.limit:,.0f}",
            "fraction of the limit": f"{each.speed / each.limit:.0%}",
        }
        for each in costs
    ]
    return markdown([printed({}, row) for row in rows])


def figure(costs: Sequence[Cost]) -> Figure:
    """Return time and memory over the number of images, and over the pixels of each.

    Dashed lines are expected values: the seconds do not depend on the number of images and are
    proportional to their pixels; memory grows by one byte per channel and pixel of the images and,
    for larger images, linearly from the first size to the last.
    """
    many = [each for each in costs if each.side == costs[0].side]
    large = [each for each in costs if each.images == costs[0].images]
    drawn = new_figure(8, 5.5, "Cost of a step by number and size of images")
    panels = drawn.subplots(2, 2, sharex="col", sharey="row")
    for column, chosen in enumerate([many, large]):
        sizes = [each.side**2 if column else each.images for each in chosen]
        seconds = [each.seconds for each in chosen]
        growth = [size / sizes[0] if column else 1.0 for size in sizes]
        panels[0, column].plot(sizes, [seconds[0] * factor for factor in growth], "--", color="0.6")
        panels[0, column].plot(sizes, seconds, "o-")
        memory = [each.memory for each in chosen]
        slope = (memory[-1] - memory[0]) / (sizes[-1] - sizes[0])
        if not column:
            slope = 3 * chosen[0].side ** 2 / 2**20  # MB per image
        expected = [memory[0] + slope * (size - sizes[0]) for size in sizes]
        panels[1, column].plot(sizes, expected, "--", color="0.6")
        panels[1, column].plot(sizes, memory, "o-")
        panels[1, column].set(xlim=(0, None), xlabel=("images", "pixels per image")[column])
    for axes, label in zip(
        panels[:, 0], ["seconds per 100 steps", "peak memory (MB)"], strict=True
    ):
        axes.set(ylabel=label, ylim=(0, None))
        axes.locator_params(axis="x", nbins=4)
    for axes in panels.flat:
        axes.spines[["top", "right"]].set_visible(False)
    panels[0, 0].legend(["expected", "measured"], frameon=False)
    return drawn


def main() -> None:
    """Measure every size and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)  # in its own process
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--channels", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    step = options.steps, options.batch_size, options.channels
    if options.one:
        images, side = options.one
        print(json.dumps(cost_here(images, side, *step)))
        return
    flags = [f"--steps={step[0]}", f"--batch-size={step[1]}", "--channels", *map(str, step[2])]
    costs = [cost(*size, flags) for size in SIZES]
    text = (
        f"{table(costs)}\n\nSpeedNet of {', '.join(map(str, step[2]))} channels, {CLASSES} classes,"
        f" batches of {step[1]}, {step[0]} steps; {costs[0].device}; torch {torch.__version__}."
    )
    if options.write:
        figure(costs).savefig(PAGE.with_name("size.svg"))
        text += "\n\n![Cost against size](size.svg)"
    publish("size", text, options.write)


if __name__ == "__main__":
    main()
