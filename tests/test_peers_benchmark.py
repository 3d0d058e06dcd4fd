import csv
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import peers
import pytest
from few_images import lay_out
from peer_table import (
    Measured,
    faster_peers,
    images_to_target,
    median_of_runs,
    table,
)
from PIL import Image
from stopwatch import Stopwatch

from imgcls.runs.run import Run

OURS = Measured("imgcls, a", "SpeedNet", "bfloat16", 600.0, 360_000)
PEER = Measured("timm", "ResNet-18", "float32", 50.0, 450_000)
SAME = [
    Measured("imgcls, b", "ResNet18", "float32", 60.0, 450_000),
    Measured("imgcls, b", "ResNet18", "bfloat16", 100.0, 450_000),
]


def write_run(
    run: Path, accuracies: Sequence[float | None], test_accuracy: float = 0.0, seconds: float = 1.0
) -> Run:
    """Write a run of 10 steps of 16 images per epoch."""
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("data: {init_args: {batch_size: 16}}\n")
    result = {"model": "SpeedNet", "precision": "bf16-mixed", "test": {"accuracy": test_accuracy}}
    (run / "result.json").write_text(json.dumps(result))
    with (run / "metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "step", "val/acc", "seconds"])
        for epoch, accuracy in enumerate(accuracies):
            writer.writerow([epoch, 10 * epoch + 9, accuracy, 5 + seconds * epoch])
    return Run(run)


def test_a_projection_counts_the_images_up_to_the_target(tmp_path: Path) -> None:
    assert images_to_target(write_run(tmp_path / "a", [0.2, 0.59, 0.61, 0.58])) == 3 * 160
    assert images_to_target(write_run(tmp_path / "b", [0.2, 0.3])) is None
    whole = write_run(tmp_path / "c", [None, None], test_accuracy=0.6)
    assert images_to_target(whole) == 2 * 160


def test_a_projection_is_the_median_of_runs_that_all_arrive(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / str(n), [0.1] * n + [0.7]) for n in (1, 2, 6)]
    assert median_of_runs(runs) == 3 * 160
    assert median_of_runs([*runs, write_run(tmp_path / "short", [0.1])]) is None
    assert median_of_runs([]) is None


def test_speed_is_compared_on_the_same_model_and_time_with_the_fast_recipe() -> None:
    _, _, ours, same, _, peer = table(OURS, SAME, [PEER]).splitlines()
    assert ours == "| imgcls, a | SpeedNet | bfloat16 | 600 |  | 360,000 | 10.0 | 1.00 |"
    assert same == "| imgcls, b | ResNet18 | float32 | 60 | 1.00 | 450,000 | 125.0 | 12.50 |"
    assert peer == "| timm | ResNet-18 | float32 | 50 | 1.20 | 450,000 | 150.0 | 15.00 |"
    unknown = table(OURS._replace(images=None), SAME, [PEER]).splitlines()[2:]
    assert unknown[0].endswith("|  | unknown | unknown | unknown |")
    assert unknown[-1].endswith("| 150.0 | unknown |")


def test_faster_peers_are_named() -> None:
    none = faster_peers(OURS, SAME, [PEER, PEER._replace(speed=90.0, numbers="bfloat16")])
    assert none == "No peer is faster on the same model, or sooner at the target."
    more = PEER._replace(program="bare", speed=61.0)
    sooner = PEER._replace(images=20_000)
    found = faster_peers(OURS, SAME, [PEER, more, sooner])
    assert found.endswith("same model, or sooner at the target: bare in float32, timm in float32.")


def test_a_stopwatch_leaves_out_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([100.0, 103.0, 104.0, 106.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks))
    watch = Stopwatch(warmup=2)
    for _ in range(4):
        watch.step(6)
    assert watch.images_per_second == 12 / 3


def test_images_are_linked_and_missing_ones_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGCLS_DATA", str(tmp_path / "data"))
    real = tmp_path / "data" / "cifar100" / "train" / "bee"
    real.mkdir(parents=True)
    Image.new("RGB", (32, 32), "red").save(real / "bee_1.png")
    tree = lay_out(101, tmp_path / "few")
    assert sorted(path.name for path in (tree / "train" / "bee").iterdir()) == [
        "bee_1.png",
        "made_1.png",
    ]
    assert (tree / "train" / "bee" / "bee_1.png").resolve() == real / "bee_1.png"
    assert len(list(tree.glob("train/*/*.png"))) == 200
    assert len(list(tree.glob("test/*/*.png"))) == 100


def test_imgcls_is_timed_from_its_second_epoch_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], str]] = []

    def run(command: list[str], env: dict[str, str], **_: Any) -> None:
        (logs,) = (part.partition("=")[2] for part in command if "default_root_dir" in part)
        seen.append((command, env["IMGCLS_DATA"]))
        write_run(Path(logs) / "a" / "version_0", [None, None, None], seconds=4.0)

    monkeypatch.setattr(subprocess, "run", run)
    options = peers.parser().parse_args(["--epoch-steps=10"])
    measured = peers.imgcls_speed(["--config", "a"], options, tmp_path)
    assert measured == Measured("imgcls, a", "SpeedNet", "bfloat16", 320 / 8, None)
    ((command, data),) = seen
    assert data == str(tmp_path)
    assert "--trainer.limit_train_batches=10" in command


def test_a_peer_is_a_process_that_prints_its_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\necho "tips"\necho "$OMP_NUM_THREADS$#"\n')
    program.chmod(0o755)
    options = peers.parser().parse_args(["--threads=3"])
    assert peers.peer_speed(program, "bare", "float32", options, tmp_path) == 37
    assert peers.peer_speed(program, "bare", "bfloat16", options, tmp_path) == 38
