"""Where the seconds of a training go."""

import time
from pathlib import Path

import torch
from lightning.pytorch.profilers import Profiler

from imgcls.plots import time_shares
from imgcls.runs import write_whole
from imgcls.tables import Cell, markdown

CALLBACKS = "logging and callbacks"
STAGES = (
    "data", "augmentation", "forward", "backward", "optimizer", CALLBACKS, "validation", "other"
)  # fmt: skip
# Parts of the names that Lightning gives its actions, the first match counts.
ACTIONS = {
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


class StageProfiler(Profiler):
    """Adds up the seconds of training epochs stage by stage, each without what it calls of others.

    On a GPU it waits for the device at each change of stage, so that work is counted where it was
    asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._stages: list[str] = []
        self._validating = False
        self._since = 0.0

    def start(self, action_name: str) -> None:
        """Go into an action."""
        if not self._stages and action_name != "run_training_epoch":
            return
        self._count()
        self._validating = self._validating or "on_validation_model_eval" in action_name
        around = self._stages[-1] if self._stages else "other"
        stage = next((stage for part, stage in ACTIONS.items() if part in action_name), around)
        self._stages.append(stage if stage == CALLBACKS else self._now(stage))

    def stop(self, action_name: str) -> None:
        """Go back to the action around it."""
        if not self._stages:
            return
        self._count()
        self._stages.pop()
        if action_name.startswith("[Strategy]") and action_name.endswith("on_validation_end"):
            self._validating = False

    def _now(self, stage: str) -> str:
        return "validation" if self._validating else stage

    def _count(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        now = time.perf_counter()
        if self._stages:
            stage = self._stages[-1]
            self.seconds[self._now(stage) if stage == "other" else stage] += now - self._since
        self._since = now

    def write(self, run: Path, pictures: int) -> str:
        """Write ``profile.md`` and ``profile.png`` into a run's folder, and return the table.

        Args:
            run: The folder.
            pictures: That were trained on.
        """
        total = sum(self.seconds.values())
        text = markdown(
            [
                {
                    "stage": Cell(stage, {"stage": stage}),
                    "seconds": Cell(f"{taken:.2f}", {"seconds": taken}),
                    "share": Cell(f"{taken / total:.1%}", {"share": taken / total}),
                    "µs a picture": Cell(f"{1e6 * taken / pictures:,.0f}", {"each": taken}),
                }
                for stage, taken in {**self.seconds, "all": total}.items()
            ]
        )
        write_whole(run / "profile.md", f"{text}\n")
        figure = time_shares(self.seconds, f"{pictures:,} pictures, {run.parent.name}")
        figure.savefig(run / "profile.png", dpi=150)
        return text
