import json
import time
from pathlib import Path
from typing import Any

import pytest
from commands import Command, folder_of

from imgcls import stage_profiler
from imgcls.stage_profiler import STAGES, StageProfiler


def test_inner_actions_do_not_count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    profiler = StageProfiler()
    script = [
        ("start", "[Callback]X.on_train_start", 1), ("stop", "[Callback]X.on_train_start", 1),
        ("start", "run_training_epoch", 2),
        ("start", "[_TrainingEpochLoop].train_dataloader_next", 3), ("stop", "next", 0),
        ("start", "[Strategy]S.batch_to_device", 1), ("stop", "batch_to_device", 0),
        ("start", "[LightningModule]M.optimizer_step", 1),
        ("start", "[Strategy]S.training_step", 5), ("stop", "training_step", 0),
        ("start", "[Callback]X.on_after_backward", 1), ("stop", "on_after_backward", 0),
        ("start", "[Strategy]S.backward", 7), ("stop", "backward", 1),
        ("stop", "optimizer_step", 0),
        ("start", "[LightningModule]M.on_validation_model_eval", 1), ("stop", "eval", 2),
        ("start", "[Strategy]S.batch_to_device", 1), ("stop", "batch_to_device", 0),
        ("start", "[Callback]X.on_validation_end", 2), ("stop", "[Callback]X.on_validation_end", 0),
        ("start", "[Strategy]S.on_validation_end", 0), ("stop", "[Strategy]S.on_validation_end", 4),
        ("stop", "run_training_epoch", 9),
        ("start", "[Callback]X.on_train_epoch_end", 8), ("stop", "on_train_epoch_end", 3),
        ("start", "[Callback]WeightEMA.on_train_batch_end", 2), ("stop", "batch_end", 0),
        ("start", "[Callback]X.on_train_end", 50), ("stop", "[Callback]X.on_train_end", 50),
        ("start", "run_training_epoch", 50), ("stop", "run_training_epoch", 50),
    ]  # fmt: skip
    for what, name, seconds in script:
        getattr(profiler, what)(name)
        now += seconds
    assert profiler.seconds == {
        "data": 3, "augmentation": 1, "forward": 5, "backward": 7, "optimizer": 4,
        "logging and callbacks": 11, "validation": 4, "other": 18,
    }  # fmt: skip


def test_what_measuring_takes_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    class SlowActions(dict[str, str]):
        def items(self) -> Any:
            nonlocal now
            now += 100
            return super().items()

    monkeypatch.setattr(time, "perf_counter", lambda: now)
    monkeypatch.setattr(stage_profiler, "ACTIONS", SlowActions(stage_profiler.ACTIONS))
    profiler = StageProfiler()
    with profiler.profile("run_training_epoch"):
        now += 1
        with profiler.profile("[Strategy]S.backward"):
            now += 2
        now += 4
    assert {stage: taken for stage, taken in profiler.seconds.items() if taken} == {
        "backward": 2, "other": 5,
    }  # fmt: skip


def test_a_profile_is_a_run_of_one_epoch_apart_from_the_others(command: Command) -> None:
    cli = command("fit", "--config", "digits_cnn", "--profile")
    run = folder_of(cli)
    assert run == Path.cwd() / "lightning_logs" / "digits_cnn.profile" / "version_0"
    assert json.loads((run / "result.json").read_text())["epochs"] == 1
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in (run / "profile.md").read_text().splitlines()[2:]
    ]
    assert [row[0] for row in rows] == [*STAGES, "all"]
    taken = [float(row[1]) for row in rows]
    assert sum(taken[:-1]) == pytest.approx(taken[-1], abs=0.05)
    assert all(
        seconds > 0 for stage, seconds in zip(STAGES, taken, strict=False) if stage != "data"
    )
    assert (run / "profile.png").stat().st_size > 1000
