"""How fast `imgcls fit` trains on a GPU, and what each setting is worth, into docs/benchmarks.md.

    python benchmarks/gpu.py [--nets ResNet18 SpeedNet]
    python benchmarks/gpu.py --device cpu --small      # tries this program, and writes nothing

The first row of a net is bf16 with channels_last, resident pictures, and neither CUDA graphs nor
anything compiled; each of the others changes one thing. What cannot be run becomes a row with the
reason.
"""

import argparse
import contextlib
import gc
import io
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from page import PAGE
from step_overhead import MadePictures

import imgcls
from imgcls import Row, device_name, fill_marks, markdown, printed

EPOCH = 50_000  # pictures, as many as CIFAR's training sets have
PICTURES = 20_000  # of an epoch that is timed
RECIPE = [
    '--data.augment=[{"class_path": "RandomFlip"}, {"class_path": "RandomCrop"}]',
    *("--model.optimizer=torch.optim.SGD", "--model.optimizer.lr=0.01"),
    *("--model.optimizer.momentum=0.9", "--model.optimizer.nesterov=true"),
]
NETS = {
    "ResNet18": ["--data=MadePictures", "--data.batch_size=128", "--model=ResNet18", *RECIPE],
    "SpeedNet": ["--data=MadePictures", "--data.batch_size=512", "--model=SpeedNet", *RECIPE],
}
PRECISIONS = {"bf16": "bf16-mixed", "fp16": "16-mixed", "tf32": "32-true", "float32": "32-true"}
PEAKS = {  # dense TFLOP/s in 16 bits, TF32 and float32, from NVIDIA's data sheets
    "NVIDIA H200": (989, 495, 67),
    "NVIDIA H100 80GB HBM3": (989, 495, 67),
    "NVIDIA H100 PCIe": (756, 378, 51),
    "NVIDIA A100-SXM4-80GB": (312, 156, 19.5),
    "NVIDIA A100-SXM4-40GB": (312, 156, 19.5),
    "NVIDIA L4": (121, 60, 30),
}


class Case(NamedTuple):
    """One way to train a net; its fields are settings of ``machine`` but for the first two."""

    net: str
    precision: str = "bf16"
    channels_last: str = "true"
    compile: str = "false"
    resident: str = "true"
    cuda_graphs: str = "false"


class Measured(NamedTuple):
    """What a case reached.

    Attributes:
        speed: Pictures per second.
        flops: Of the forward pass of one picture.
        memory: Most memory used, in MB.
    """

    speed: float
    flops: int
    memory: int


def cases(net: str) -> list[Case]:
    """Return the usual way to train a net, then each other way of one thing."""
    usual = Case(net)
    others = [usual._replace(precision=each) for each in PRECISIONS if each != usual.precision]
    others += [usual._replace(channels_last="false"), usual._replace(resident="false")]
    return [usual, *others, usual._replace(compile="true"), usual._replace(cuda_graphs="true")]


def share_of_peak(name: str, precision: str, measured: Measured) -> float | None:
    """Return which share of the device's FLOP/s training takes, None where its peak is not known.

    A step costs three forward passes, since the backward pass costs two.
    """
    if name not in PEAKS:
        return None
    peak = PEAKS[name][{"tf32": 1, "float32": 2}.get(precision, 0)]
    return 3 * measured.flops * measured.speed / (peak * 1e12)


@contextlib.contextmanager
def tensor_float_32(allowed: bool) -> Iterator[None]:
    """Let float32 products be rounded to TF32 or not, and put back what was there."""
    before = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    torch.backends.cudnn.allow_tf32 = allowed
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before[0]
        torch.set_float32_matmul_precision(before[1])


def measure(case: Case, device: str, epochs: int, folder: Path) -> Measured:
    """Train and return how fast the epochs after the first were."""
    torch.compiler.reset()
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    machine = [f"--machine.{name}={value}" for name, value in case._asdict().items()][2:]
    with tensor_float_32(case.precision != "float32"):
        cli = imgcls.main(
            [
                *("fit", *NETS[case.net], *machine, "--data.val_fraction=0"),
                *(f"--trainer.accelerator={device}", "--trainer.devices=1"),
                f"--trainer.precision={PRECISIONS[case.precision]}",
                *(f"--trainer.max_epochs={epochs}", f"--trainer.default_root_dir={folder}"),
            ]
        )
    if cli is None or cli.run is None:
        raise RuntimeError("imgcls fit left no run")
    seconds = [row["seconds"] for row in cli.run.curves]
    batch_size = cli.datamodule.batch_size
    trained = MadePictures.pictures // batch_size * batch_size  # an epoch leaves the rest out
    result = cli.run.result
    speed = trained / median(after - before for before, after in pairwise(seconds))
    return Measured(speed, result["flops_per_image"], result["peak_memory_mb"])


def outcome(case: Case, device: str, epochs: int) -> Measured | str:
    """Return what a case reached, or in a line why it could not be run."""
    told = io.StringIO()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(told),
        ):
            return measure(case, device, epochs, Path(folder))
    except SystemExit:  # imgcls has said why
        return told.getvalue().strip().rpartition("imgcls: ")[2].partition("\n")[0]
    except Exception as error:  # whatever it is, the other cases are measured
        reason = str(error).strip().partition("\n")[0]
        return f"{type(error).__name__}: {reason}"


def row(case: Case, reached: Measured | str, name: str) -> Row:
    """Return the row of a case in the table."""
    words = {heading.replace("_", " "): value for heading, value in case._asdict().items()}
    texts = [reached, "", "", ""] if isinstance(reached, str) else _numbers(case, reached, name)
    headings = ("pictures/s", "seconds an epoch", "share of peak", "MB")
    return printed(words, dict(zip(headings, texts, strict=True)))


def _numbers(case: Case, reached: Measured, name: str) -> list[str]:
    share = share_of_peak(name, case.precision, reached)
    return [
        f"{reached.speed:,.0f}",
        f"{EPOCH / reached.speed:.2f}",
        "" if share is None else f"{share:.1%}",
        f"{reached.memory:,}",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print each row when it is there, and write the table so far."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="few pictures; writes no page")
    parser.add_argument("--page", type=Path, help="default docs/benchmarks.md, none with --small")
    options = parser.parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.exit(1, "no GPU here; --device cpu --small tries this program without one\n")
    MadePictures.pictures = 1_024 if options.small else PICTURES
    epochs = 2 if options.small else 4
    page = options.page or (None if options.small else PAGE)
    name = device_name(torch.device(options.device))
    about = (
        f"{name}, torch {torch.__version__}. {MadePictures.pictures:,} made pictures of 32x32, the "
        f"median of {epochs - 1} epochs after the first, an epoch being {EPOCH:,} pictures; "
        "the share of the peak counts three forward passes a picture."
    )
    rows: list[Row] = []
    for case in (case for net in options.nets for case in cases(net)):
        reached = outcome(case, options.device, epochs)
        rows.append(row(case, reached, name))
        print(*case, reached, flush=True)
        if page:
            fill_marks(page, "gpu", lambda _: f"\n{about}\n\n{markdown(rows)}\n")
    print(f"{about}\n\n{markdown(rows)}")


if __name__ == "__main__":
    main()
