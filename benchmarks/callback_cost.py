"""The cost of the drawing callbacks in epochs in which they do not draw, validation included.

python benchmarks/callback_cost.py [--write]

A small model, of whose epochs they would be a large fraction, is trained with them on random images
of 32x32, and the seconds inside their hooks are summed. A comparison of trainings with and without
them would be less precise: two trainings of the same kind differ by more.
"""

import argparse
import contextlib
import io
import tempfile
import time
from typing import NamedTuple

from lightning.pytorch.profilers import Profiler
from page import machine, publish
from step_overhead import MadeImages

import imgcls
from imgcls import markdown, printed

EPOCHS, IMAGES = 12, 6_400
DRAWING = ("FeatureTSNE", "FeatureProjector", "ActivationGrid", "ScoreFigures")
LISTED = ", ".join(f'{{"class_path": "{name}"}}' for name in DRAWING)
FLAGS = [
    *("fit", "--data", "MadeImages", "--data.batch_size=128"),
    *("--model", "ConvNet", "--model.optimizer=torch.optim.SGD", "--model.optimizer.lr=0.01"),
    *(f"--trainer.max_epochs={EPOCHS}", "--trainer.accelerator=cpu", "--machine.threads=1"),
    *(f"--trainer.callbacks=[{LISTED}]", "--trainer.profiler=__main__.Actions"),
]


class Action(NamedTuple):
    """An action of Lightning, and its time."""

    name: str
    began: float
    ended: float


class Actions(Profiler):
    """Records the actions of Lightning."""

    done: list[Action]

    def __init__(self) -> None:
        super().__init__()
        Actions.done = []
        self._began: dict[str, float] = {}

    def start(self, action_name: str) -> None:
        """Record the start."""
        self._began[action_name] = time.perf_counter()

    def stop(self, action_name: str) -> None:
        """Record the end."""
        Actions.done.append(Action(action_name, self._began[action_name], time.perf_counter()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    MadeImages.count = IMAGES
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        imgcls.main([*FLAGS, f"--trainer.default_root_dir={folder}"])
    starts = [each.began for each in Actions.done if each.name == "run_training_epoch"]
    begin, *between, end = starts[1:]  # the first epoch warms up, the last one draws
    epochs = len(between) + 1
    idle = [each for each in Actions.done if begin <= each.began < end]
    rows = []
    for name in DRAWING:
        hooks = [each for each in idle if each.name.startswith(f"[Callback]{name}")]
        seconds = sum(each.ended - each.began for each in hooks)
        figures = {
            "hooks per epoch": f"{len(hooks) / epochs:.0f}",
            "ms per epoch": f"{1000 * seconds / epochs:.2f}",
            "fraction of the epoch": f"{seconds / (end - begin):.2%}",
        }
        rows.append(printed({"callback": name}, figures))
    text = f"{markdown(rows)}\n\n{machine(1)}, mean of {epochs} epochs."
    publish("callback_cost", text, options.write)


if __name__ == "__main__":
    main()
