"""What the drawing callbacks cost an epoch in which they do not draw, validation included.

python benchmarks/callback_cost.py [--repeats 5] [--write]

A small net, of which they would be a large share, is trained with and without them in turn, on made
pictures of 32x32. Seconds are of the processor, so that other programs count for little; of one
thread, since several also count what they wait for each other.
"""

import argparse
import contextlib
import io
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from lightning import Callback, LightningModule, Trainer
from page import machine, tell
from step_overhead import MadePictures

import imgcls
from imgcls.tables import markdown, printed

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
    """Return the seconds of the quickest epoch between the first and the last, which draws."""
    listed = [f'{{"class_path": "{name}"}}' for name in names]
    listed.append('{"class_path": "__main__.EpochStarts"}')
    with contextlib.redirect_stdout(io.StringIO()):
        imgcls.main(
            [
                *FLAGS,
                f"--trainer.callbacks=[{', '.join(listed)}]",
                f"--trainer.default_root_dir={folder}",
                "--machine.threads=1",
            ]
        )
    return min(after - before for before, after in pairwise(EpochStarts.seconds[1:]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    MadePictures.pictures = PICTURES
    without, with_them = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeats):
            without.append(epoch_seconds((), Path(folder)))
            with_them.append(epoch_seconds(DRAWING, Path(folder)))
    share = min(with_them) / min(without) - 1  # whatever else runs only adds seconds
    seconds = "processor seconds an epoch"
    rows = [
        printed(
            {"callbacks": "none that draws"},
            {seconds: f"{min(without):.3f}", "difference": ""},
        ),
        printed(
            {"callbacks": ", ".join(DRAWING)},
            {seconds: f"{min(with_them):.3f}", "difference": f"{share:+.1%}"},
        ),
    ]
    text = f"{markdown(rows)}\n\n{machine(1)}, the quickest epoch of {options.repeats} runs."
    tell("callback_cost", text, options.write)


if __name__ == "__main__":
    main()
