"""Where the seconds of a training go."""

import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from lightning.pytorch.profilers import PassThroughProfiler, Profiler

from imgcls.files import write_whole
from imgcls.plots import time_shares
from imgcls.tables import markdown, printed

NOTHING: AbstractContextManager[None] = nullcontext()
CALLBACKS = "logging and callbacks"
STAGES = (
    "data", "augmentation", "forward", "backward", "optimizer", CALLBACKS, "validation", "other"
)  # fmt: skip
# Parts of the names that Lightning gives its actions, the first match counts.
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
    """Lightning's default profiler without the generator that it makes some 60 times a step."""

    def profile(self, action_name: str) -> AbstractContextManager[None]:  # type: ignore[override]
        """Return what does nothing."""
        return NOTHING


class Action:
    """A ``with`` block that is one action; without the generator that Lightning makes for each.

    Args:
        profiler: Is told when it starts and stops.
        name: That Lightning gives it.
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
    """Adds up the seconds of training epochs stage by stage, each without what it calls of others.

    What it takes itself is left out, for there are some 60 actions a step. On a GPU it waits for
    the device at each change of stage, so that work is counted where it was asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._on_gpu = torch.cuda.is_available()  # once: to ask takes longer than all else here
        self._stages: list[str] = []
        self._validating = False
        self._ended = False
        self._since = 0.0

    def profile(self, action_name: str) -> AbstractContextManager[str]:  # type: ignore[override]
        """Return what starts and stops an action."""
        return Action(self, action_name)

    def start(self, action_name: str) -> None:
        """Go into an action; the first epoch begins the measurement, the training's end ends it."""
        if not self._stages:
            if self._ended or action_name != "run_training_epoch":
                return
            self._stages = ["other"]  # what is left of an epoch after its steps counts too
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
        """Go back to the action around it."""
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

    def write(self, run: Path, pictures: int) -> str:
        """Write ``profile.md`` and ``profile.png`` into a run's folder, and return the table.

        Args:
            run: The folder.
            pictures: That were trained on.
        """
        total = sum(self.seconds.values())
        text = markdown(
            [
                printed(
                    {"stage": stage},
                    {
                        "seconds": f"{taken:.3f}",
                        "share": f"{taken / total:.1%}",
                        "µs a picture": f"{1e6 * taken / pictures:,.0f}",
                    },
                )
                for stage, taken in {**self.seconds, "all": total}.items()
            ]
        )
        write_whole(run / "profile.md", f"{text}\n")
        figure = time_shares(self.seconds, f"{pictures:,} pictures, {run.parent.name}")
        figure.savefig(run / "profile.png", dpi=150)
        return text
