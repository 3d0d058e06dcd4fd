"""What a step costs against how many pictures there are, and how large they are.

python benchmarks/size.py [--write] [--steps 40]

Each size is one `imgcls fit` of a `SpeedNet` on made pictures, in a process of its own; the epochs
after the first count, with at least so many steps. "Layers alone" are its convolutions and its
linear layer, forward and backward at the same shapes and precision, with nothing between them; the
share is what the whole step reaches of that. `--write` puts table and figure into
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
from page import PAGE, tell
from peer_table import speed_after_first_epoch
from step_overhead import CLASSES, MadePictures

import imgcls
from imgcls import markdown, new_figure, printed

SIZES = [(5_000, 32), (10_000, 32), (20_000, 32), (50_000, 32), (5_000, 64), (5_000, 96)]


class Cost(NamedTuple):
    """What a size costs.

    Attributes:
        pictures: To train on.
        side: Height and width of each, in pixels.
        seconds: Per 100 steps.
        memory: Most that the process had, in MB.
        speed: Pictures per second.
        limit: Pictures per second of the layers alone.
        device: What computed.
    """

    pictures: int
    side: int
    seconds: float
    memory: float
    speed: float
    limit: float
    device: str


def cost_here(pictures: int, side: int, steps: int, batch_size: int, channels: list[int]) -> Cost:
    """Return what a size costs, trained in this process."""
    MadePictures.pictures, MadePictures.image_shape = pictures, (3, side, side)
    augment = '[{"class_path": "RandomFlip"}, {"class_path": "RandomCrop"}]'
    batches = min(steps, pictures // batch_size)  # of an epoch
    epochs = 1 + ceil(steps / batches)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        cli = imgcls.main(
            [
                *("fit", "--data", "MadePictures", f"--data.batch_size={batch_size}"),
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
    inputs = torch.randn(batch_size, *MadePictures.image_shape)
    alone = seconds_alone(cli.model.train(), inputs, cli.trainer.precision_plugin.forward_context)
    seconds, limit = 100 * batch_size / speed, batch_size / alone
    return Cost(pictures, side, seconds, result["peak_memory_mb"], speed, limit, result["device"])


def cost(pictures: int, side: int, arguments: Sequence[str] = ()) -> Cost:
    """Return what a size costs in a process of its own, whose memory no other size has used."""
    command = [sys.executable, __file__, *arguments, "--one", str(pictures), str(side)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Cost(*json.loads(answer.splitlines()[-1]))


def table(costs: Sequence[Cost]) -> str:
    """Return a Markdown table with a row a size."""
    rows = [
        {
            "pictures": f"{each.pictures:,}",
            "size": f"{each.side}x{each.side}",
            "seconds per 100 steps": f"{each.seconds:.2f}",
            "peak memory, MB": f"{each.memory:,.0f}",
            "pictures/s": f"{each.speed:,.0f}",
            "layers alone, pictures/s": f"{each.limit:,.0f}",
            "share of the machine's limit": f"{each.speed / each.limit:.0%}",
        }
        for each in costs
    ]
    return markdown([printed({}, row) for row in rows])


def figure(costs: Sequence[Cost]) -> Figure:
    """Return time and memory over the number of pictures, and over the pixels of each.

    Dashed is what is expected: seconds as of the first size for any number of pictures, and in
    proportion to their pixels; memory that grows by a byte a channel of each pixel of the pictures,
    and, for larger pictures, on a straight line from the first size to the last.
    """
    many = [each for each in costs if each.side == costs[0].side]
    large = [each for each in costs if each.pictures == costs[0].pictures]
    drawn = new_figure(8, 5.5, "A step against the number of pictures and their size")
    panels = drawn.subplots(2, 2, sharex="col", sharey="row")
    for column, chosen in enumerate([many, large]):
        sizes = [each.side**2 if column else each.pictures for each in chosen]
        seconds = [each.seconds for each in chosen]
        growth = [size / sizes[0] if column else 1.0 for size in sizes]
        panels[0, column].plot(sizes, [seconds[0] * factor for factor in growth], "--", color="0.6")
        panels[0, column].plot(sizes, seconds, "o-")
        memory = [each.memory for each in chosen]
        slope = (memory[-1] - memory[0]) / (sizes[-1] - sizes[0])
        if not column:
            slope = 3 * chosen[0].side ** 2 / 2**20  # MB a picture
        expected = [memory[0] + slope * (size - sizes[0]) for size in sizes]
        panels[1, column].plot(sizes, expected, "--", color="0.6")
        panels[1, column].plot(sizes, memory, "o-")
        panels[1, column].set(xlim=(0, None), xlabel=("pictures", "pixels a picture")[column])
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
        pictures, side = options.one
        print(json.dumps(cost_here(pictures, side, *step)))
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
    tell("size", text, options.write)


if __name__ == "__main__":
    main()
