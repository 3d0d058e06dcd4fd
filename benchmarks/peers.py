"""imgcls against its peers on one machine: images per second, projected time to 60 %, CIFAR-100.

python benchmarks/peers.py [--config cifar100_speed] [--repeats 3] [--write]

The peers, `peer_loops.py`, train a ResNet-18 as in tutorials: timm as its train.py, plain
Lightning, and a bare PyTorch loop; each with its defaults, in float32, and with bfloat16 and
channels last, for which each has a switch. They run in a separate environment, which the first run
creates (--venv): several GB. imgcls runs its fast recipe, which has another model, and then the
peers' model with their batches. The float32 peers have PyTorch's default memory layout; imgcls
always has channels last. Nothing is compiled.

All read the same files of the folder tree cifar100 under $IMGCLS_DATA, or random images if there is
none, and use the same threads of one CPU. Each measurement is a separate process without
validation; they take turns, and medians count. The peers are timed after a warm-up within one
epoch. A recipe of imgcls may change the image size, so all its epochs are run, with a few steps
each, and timed by its own clock from the second on; this clock omits the loading of an epoch's
first batch, milliseconds.

Projected time is the number of training images to 60 %, divided by images per second. For imgcls it
is the median of the saved runs in lightning_logs: up to the first epoch with 60 % on the validation
split. For the peers it is --peer-epochs of 45,000. The default favours them: it is that of `imgcls
fit --config cifar100_resnet --trainer.max_epochs 12`, a ResNet-18 of half the width whose one-cycle
schedule ends soon after. The usual recipe, 0.1 until epoch 60 of 200, reaches 60 % on test after 46
epochs (github.com/maquico/cutout-test, logs/cifar100_resnet18.csv).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import torch
import yaml
from few_images import lay_out
from page import machine, publish, usual_threads
from peer_table import (
    Measured,
    faster_peers,
    median_of_runs,
    speed_after_first_epoch,
    table,
)

from imgcls import Run, cache_folder, find_config

ROOT = Path(__file__).parents[1]
PEERS = {"timm": "timm, as train.py", "lightning": "plain Lightning", "bare": "bare PyTorch loop"}
NUMBERS = {"float32": [], "bfloat16": ["--bfloat16"]}
PRECISIONS = {"float32": "32-true", "bfloat16": "bf16-mixed"}
NUMBER_TYPES = {precision: numbers for numbers, precision in PRECISIONS.items()}
THE_SAME = "imgcls, the peers' model"
THEIR_MODEL = ["--config", "cifar100_resnet", "--model.width=64", "--trainer.max_epochs=3"]
SAME = ("torch", "torchvision", "lightning")  # of the same version as here
PACKAGES = (*SAME, "timm")
VERSIONS = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"


def peers_python(folder: Path) -> Path:
    """Return the Python of the peers' environment; pip installs missing packages."""
    python = folder / "bin" / "python"
    if not python.is_file():
        venv.create(folder, with_pip=True)
    same = [f"{name}=={version(name).partition('+')[0]}" for name in SAME]  # PyPI knows no +cpu
    subprocess.run([python, "-m", "pip", "install", "--quiet", *same, "timm"], check=True)
    return python


def imgcls_speed(flags: Sequence[str], options: argparse.Namespace, root: Path) -> Measured:
    """Return the measurements of a short run of every epoch of `imgcls fit`, without a projection.

    Args:
        flags: Flags of `imgcls fit`, with one config or more.
        options: Options of this program.
        root: Root of data and cache.
    """
    with tempfile.TemporaryDirectory() as logs:
        command = [
            *(sys.executable, "-m", "imgcls", "fit", *flags),
            *("--data.val_fraction=0", "--trainer.accelerator=cpu"),
            f"--machine.threads={options.threads}",
            f"--trainer.limit_train_batches={options.epoch_steps}",
            f"--trainer.default_root_dir={logs}",
        ]
        folders = {"IMGCLS_DATA": str(root), "XDG_CACHE_HOME": str(root / "cache")}
        subprocess.run(
            command, env={**os.environ, **folders}, stdout=subprocess.DEVNULL, check=True
        )
        (file,) = Path(logs).rglob("result.json")
        run = Run(file.parent)
        result, speed = run.result, speed_after_first_epoch(run)
    numbers = NUMBER_TYPES.get(result["precision"], result["precision"])
    return Measured(f"imgcls, {run.experiment}", result["model"], numbers, speed, None)


def saved_runs(config: str) -> list[Run]:
    """Return the finished runs of a config in the repository."""
    runs = map(Run, sorted((ROOT / "lightning_logs" / Path(config).stem).glob("version_*")))
    return [run for run in runs if run.is_finished]


def peer_speed(
    python: Path, loop: str, numbers: str, options: argparse.Namespace, folder: Path
) -> float:
    """Return the images per second of a peer."""
    command = [
        *(str(python), str(ROOT / "benchmarks" / "peer_loops.py"), loop, str(folder)),
        *(f"--steps={options.steps}", f"--warmup={options.warmup}"),
        *(f"--batch-size={options.batch_size}", f"--workers={options.workers}"),
        *NUMBERS[numbers],
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    output = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return float(output.splitlines()[-1])


def measure(
    options: argparse.Namespace, root: Path
) -> tuple[Measured, list[Measured], list[Measured]]:
    """Return medians: of our fast recipe, of imgcls with the peers' model, of the peers."""
    config: Any = yaml.safe_load(find_config(options.config).read_text())
    own = options.epoch_steps * config["data"]["init_args"]["batch_size"]
    theirs = (options.warmup + options.steps) * options.batch_size
    folder = lay_out(max(own, theirs), root)
    python = peers_python(options.venv)
    fast = ["--config", options.config]
    their_model = [*THEIR_MODEL, f"--data.batch_size={options.batch_size}"]
    ours: list[Measured] = []
    same: dict[str, list[Measured]] = {numbers: [] for numbers in NUMBERS}
    speeds: dict[tuple[str, str], list[float]] = {
        (loop, numbers): [] for numbers in NUMBERS for loop in PEERS
    }
    for _ in range(options.repeats):
        ours.append(imgcls_speed(fast, options, root))
        for numbers, measured in same.items():
            precision = f"--trainer.precision={PRECISIONS[numbers]}"
            measured.append(imgcls_speed([*their_model, precision], options, root))
        for variant, seen in speeds.items():
            seen.append(peer_speed(python, *variant, options, folder))
    images = options.peer_epochs * 45_000
    return (
        _median(ours, median_of_runs(saved_runs(options.config))),
        [_median(each, images)._replace(program=THE_SAME) for each in same.values()],
        [
            Measured(PEERS[loop], "ResNet-18", numbers, median(seen), images)
            for (loop, numbers), seen in speeds.items()
        ],
    )


def _median(measured: Sequence[Measured], images: float | None) -> Measured:
    return measured[0]._replace(speed=median(each.speed for each in measured), images=images)


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--config", default="cifar100_speed", help="config of imgcls, 2 epochs or more")
    add("--venv", type=Path, default=cache_folder() / "benchmark_peers")
    add("--threads", type=int, default=usual_threads())
    add("--repeats", type=int, default=3)
    add("--steps", type=int, default=10, help="timed steps of each peer")
    add("--warmup", type=int, default=3, help="warm-up steps of each peer, at least 1")
    add("--epoch-steps", type=int, default=5, help="steps of each epoch of imgcls")
    add("--batch-size", type=int, default=128, help="batch size of the peers")
    add("--workers", type=int, default=2, help="loader processes of the peers")
    add("--peer-epochs", type=int, default=10, help="epochs of a peer to 60 %% of CIFAR-100")
    add("--write", action="store_true", help="into docs/benchmarks.md")
    return parser


def main() -> None:
    """Measure and print."""
    options = parser().parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as root:
        ours, same, peers = measure(options, Path(root))
    python = peers_python(options.venv)
    names = subprocess.check_output([python, "-c", VERSIONS, *PACKAGES], text=True).split()
    text = (
        f"{table(ours, same, peers)}\n\n{faster_peers(ours, same, peers)}\n\n"
        f"{machine(options.threads)}; median of {options.repeats}; the peers: "
        f"{options.steps} steps of {options.batch_size} images, {options.workers} workers, "
        f"{options.peer_epochs} epochs to 60 %; "
        + ", ".join(f"{name} {number}" for name, number in zip(PACKAGES, names, strict=True))
    )
    publish("peers", f"{text}.", options.write)


if __name__ == "__main__":
    main()
