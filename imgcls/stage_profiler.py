"""The seconds of a training by stage."""

import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from lightning.pytorch.profilers import PassThroughProfiler, Profiler

from imgcls.files import write_whole
from imgcls.plots import time_shares
from imgcls.tables import aligned, markdown, printed

NOTHING: AbstractContextManager[None] = nullcontext()
CALLBACKS = "logging and callbacks"
STAGES = (
    "data", "augmentation", "forward", "backward", "optimizer", CALLBACKS, "validation", "other"
)  # fmt: skip
# Parts of Lightning's names of actions; the first match counts.
ACTIONS = {
    "WeightAveraging": "optimizer",
    "WeightEMA": "optimizer",
    "[Callback]": CALLBACKS,
    "dataloader_next": "data",
    "batch_to_device": "augmentation",
    "training_step": "forward",
    "backward": "backward",
    "optimizer_": "optimizer",
    "lr_scheduler": "optimizer",
    "_epoch_start": CALLBACKS,
    "_epoch_end": CALLBACKS,
    "save_checkpoint": CALLBACKS,
}


class NoProfiler(PassThroughProfiler):
    """Lightning's default profiler without the generator that it creates some 60 times per step."""

    def profile(self, action_name: str) -> AbstractContextManager[None]:  # type: ignore[override]
        """Return a context that does nothing."""
        return NOTHING


class Action:
    """A ``with`` block that is one action; without the generator that Lightning creates for each.

    Args:
        profiler: Is notified when the action starts and stops.
        name: Lightning's name of the action.
    """

    def __init__(self, profiler: "StageProfiler", name: str) -> None:
        self.profiler = profiler
        self.name = name

    def __enter__(self) -> str:
        self.profiler.start(self.name)
        return self.name

    def __exit__(self, *error: object) -> None:
        self.profiler.stop(self.name)


class StageProfiler(Profiler):
    """Sums the seconds of training epochs by stage, without the other stages that a stage calls.

    The profiler's own time does not count, since there are about 60 actions per step. On a GPU it
    waits for the device at each change of stage, so that work counts for the stage that started it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._on_gpu = torch.cuda.is_available()  # once: this call is slow
        self._stages: list[str] = []
        self._validating = False
        self._ended = False
        self._since = 0.0

    def profile(self, action_name: str) -> AbstractContextManager[str]:  # type: ignore[override]
        """Return a context that starts and stops an action."""
        return Action(self, action_name)

    def start(self, action_name: str) -> None:
        """Enter an action; the first epoch starts the measurement, the end of training stops it."""
        if not self._stages:
            if self._ended or action_name != "run_training_epoch":
                return
            self._stages = ["other"]  # the rest of an epoch after its steps counts too
        elif action_name.endswith("on_train_end"):
            self._count()
            self._stages, self._ended = [], True
            return
        else:
            self._count()
        self._validating = self._validating or "on_validation_model_eval" in action_name
        around = self._stages[-1]
        stage = next((stage for part, stage in ACTIONS.items() if part in action_name), around)
        self._stages.append(stage if stage == CALLBACKS else self._now(stage))
        self._since = time.perf_counter()

    def stop(self, action_name: str) -> None:
        """Return to the enclosing action."""
        if len(self._stages) < 2:
            return
        self._count()
        self._stages.pop()
        if action_name.startswith("[Strategy]") and action_name.endswith("on_validation_end"):
            self._validating = False
        self._since = time.perf_counter()

    def _now(self, stage: str) -> str:
        return "validation" if self._validating else stage

    def _count(self) -> None:
        if self._on_gpu:
            torch.cuda.synchronize()
        taken = time.perf_counter() - self._since
        stage = self._stages[-1]
        self.seconds[self._now(stage) if stage == "other" else stage] += taken

    def write(self, run: Path, images: int) -> str:
        """Write ``profile.md`` and ``profile.png`` into a run's folder, and return the table.

        Args:
            run: The folder.
            images: Number of training images.
        """
        total = sum(self.seconds.values())
        rows = [
            printed(
                {"stage": stage},
                {
                    "seconds": f"{taken:.3f}",
                    "fraction": f"{taken / total:.1%}",
                    "µs per image": f"{1e6 * taken / images:,.0f}",
                },
            )
            for stage, taken in {**self.seconds, "all": total}.items()
        ]
        write_whole(run / "profile.md", f"{markdown(rows)}\n")
        figure = time_shares(self.seconds, f"{images:,} images, {run.parent.name}")
        figure.savefig(run / "profile.png", dpi=150)
        return aligned(rows)
