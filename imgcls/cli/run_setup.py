"""What every run has: its loggers and callbacks, and what it prints before it trains."""

import sys
from typing import Any

from lightning import Callback, Trainer
from lightning.pytorch.callbacks import ProgressBar

from imgcls import callbacks
from imgcls.cli.arguments import Request
from imgcls.cli.summary import shown
from imgcls.data import ImageDataModule
from imgcls.evaluation.flops import count_parameters
from imgcls.models import Classifier
from imgcls.runs import environment
from imgcls.runs.checkpoints import WholeCheckpointIO, origin_of, read_checkpoint
from imgcls.runs.ledger import Ledger
from imgcls.runs.loggers import Dashboard, EpochLines, MetricsTable
from imgcls.runs.run import Run
from imgcls.stage_profiler import NoProfiler


def listed(value: Any) -> list[Any]:
    """Return one, many or none of something as a list, as the trainer takes them."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def common_settings(config: Any, clock: callbacks.TrainingClock, run: Run | None) -> dict[str, Any]:
    """Return the trainer's settings of any verb.

    Args:
        config: The trainer's, instantiated.
        clock: Times the training.
        run: Is trained or evaluated; its checkpoints say so.
    """
    chosen = listed(config.callbacks)
    if config.precision is not None:  # given by hand, be it the trainer's own default
        chosen = [each for each in chosen if not isinstance(each, callbacks.MixedPrecision)]
    settings: dict[str, Any] = {
        "logger": False,
        "max_time": None,  # a run stops after whole epochs, see `StopAtEpochEnd`
        "profiler": config.profiler or NoProfiler(),
        "callbacks": [*chosen, clock, callbacks.CheckBfloat16()],
        "plugins": [*listed(config.plugins), WholeCheckpointIO(run)],
    }
    bars = [each for each in chosen if isinstance(each, ProgressBar)]
    with_bar = config.enable_progress_bar
    if with_bar is None:
        with_bar = bool(bars) or sys.stderr.isatty() or "ipykernel" in sys.modules
        settings["enable_progress_bar"] = with_bar
    if with_bar and not bars:
        settings["callbacks"].append(callbacks.RunProgress())
    return settings


def training_loggers(run: Run, epochs: int, split: str) -> list[Any]:
    """Return the loggers of a training other than its dashboard.

    Args:
        run: Whose numbers are logged.
        epochs: Of the whole run, or -1.
        split: What the validation curves show.
    """
    return [MetricsTable(run), EpochLines(run, epochs, split)]


def training_callbacks(run: Run, seed: int, data: ImageDataModule) -> list[Callback]:
    """Return the callbacks of every training: what seeds, guards and saves it."""
    folder = run.checkpoints
    best = callbacks.RunCheckpoint(
        folder,
        filename="best",
        monitor="val/acc",
        mode="max",
        save_weights_only=True,
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )
    last = callbacks.RunCheckpoint(
        folder, filename="last", save_on_train_epoch_end=True, enable_version_counter=False
    )
    ours = [callbacks.SeedSteps(seed), callbacks.StopOnNonFiniteLoss(), last]
    chosen = data.validates and data.validate_on == "val"
    return [*ours, best] if chosen else ours


def evaluation_counter(request: Request, run: Run | None) -> callbacks.CountEvaluations:
    """Return what counts evaluations of the test set for the experiment of the weights.

    Weights know their run, so that a checkpoint counts for it wherever it was copied to.

    Args:
        request: Names the checkpoint, if there is one.
        run: Is trained or evaluated.
    """
    logs, experiment, version = request.logs, request.experiment, None
    if run:
        logs, experiment, version = run.logs, run.experiment, run.folder.name
    settings: dict[str, Any] = {"run": version}
    if request.checkpoint:
        content = read_checkpoint(request.checkpoint)
        if origin := origin_of(content):
            experiment, settings["run"] = origin
        settings |= {"checkpoint": request.checkpoint.name, "weights_epoch": content["epoch"] + 1}
    return callbacks.CountEvaluations(Ledger(logs, experiment), **settings)


def announce(
    run: Run | None, dashboard: Dashboard | None, trainer: Trainer, model: Classifier,
    data: ImageDataModule,
) -> None:  # fmt: skip
    """Print what is going to be trained, on what and where."""
    if dashboard:
        dashboard.log_layout()
    print(
        f"{type(model).__name__}, {count_parameters(model):,} parameters; {type(data).__name__}, "
        f"{len(data.train_images):,} training and {len(data.val_images):,} validation images\n"
        f"{environment.device_name(trainer.strategy.root_device)}"
        + (f"; {shown(run.folder)}" if run else ""),
        flush=True,
    )
    if data.validate_on == "test":
        print(
            f"course mode: val/loss and val/acc are of the TEST split ({len(data.test_images):,} "
            "images);\neach epoch counts as an evaluation of it, and no best weights are chosen",
            flush=True,
        )
