"""What the drawing callbacks cost an epoch in which they do not draw, validation included.

python benchmarks/callback_cost.py [--repeats 5] [--threads N]

A small net, of which they would be a large share, is trained with and without them in turn, on made
pictures of 32x32. Seconds are of the processor, so that other programs count for little.
"""

import argparse
import contextlib
import io
import platform
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
from lightning import Callback, LightningModule, Trainer
from step_overhead import MadePictures

import imgcls

EPOCHS, PICTURES = 6, 6_400
DRAWING = ("FeatureTSNE", "FeatureProjector", "ActivationGrid", "ScoreFigures")
FLAGS = [
    *("fit", "--data", "MadePictures", "--data.batch_size=128"),
    *("--model", "ConvNet", "--model.optimizer=torch.optim.SGD", "--model.optimizer.lr=0.01"),
    *(f"--trainer.max_epochs={EPOCHS}", "--trainer.accelerator=cpu"),
]


class EpochStarts(Callback):
    """Notes the processor's seconds at the start of each epoch."""

    seconds: list[float]

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note them."""
        if trainer.current_epoch == 0:
            EpochStarts.seconds = []
        EpochStarts.seconds.append(time.process_time())


def epoch_seconds(names: tuple[str, ...], folder: Path) -> float:
    """Return the median seconds of an epoch between the first and the last, which draws."""
    listed = [f'{{"class_path": "{name}"}}' for name in names]
    listed.append('{"class_path": "__main__.EpochStarts"}')
    with contextlib.redirect_stdout(io.StringIO()):
        imgcls.main(
            [
                *FLAGS,
                f"--trainer.callbacks=[{', '.join(listed)}]",
                f"--trainer.default_root_dir={folder}",
            ]
        )
    return median(after - before for before, after in pairwise(EpochStarts.seconds[1:]))


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    MadePictures.pictures = PICTURES
    without, with_them = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeats):
            without.append(epoch_seconds((), Path(folder)))
            with_them.append(epoch_seconds(DRAWING, Path(folder)))
    print(
        f"{platform.processor() or platform.machine()}, "
        f"{options.threads} thread{'s' * (options.threads > 1)}, torch {torch.__version__}, "
        f"median of {options.repeats}\n"
    )
    print("| callbacks | processor seconds an epoch | difference |")
    print("|---|---:|---:|")
    print(f"| none that draws | {median(without):.3f} | |")
    share = median(with_them) / median(without) - 1
    print(f"| {', '.join(DRAWING)} | {median(with_them):.3f} | {share:+.1%} |")


if __name__ == "__main__":
    main()
