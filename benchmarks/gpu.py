"""The speed of `imgcls fit` on a GPU, and the effect of each setting, into docs/benchmarks.md.

    python benchmarks/gpu.py [--models ResNet18 SpeedNet]
    python benchmarks/gpu.py --device cpu --small      # tests this program, and writes nothing

The first row of a model is bf16 with channels_last, resident images, no CUDA graphs and no
compilation; each other row changes one setting. A case that fails becomes a row with the reason.
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
from step_overhead import MadeImages

import imgcls
from imgcls import Row, device_name, fill_marks, markdown, printed

EPOCH = 50_000  # images, as in CIFAR's training sets
IMAGES = 20_000  # of a timed epoch
RECIPE = [
    '--data.augment=[{"class_path": "RandomFlip"}, {"class_path": "RandomCrop"}]',
    *("--model.optimizer=torch.optim.SGD", "--model.optimizer.lr=0.01"),
    *("--model.optimizer.momentum=0.9", "--model.optimizer.nesterov=true"),
]
MODELS = {
    "ResNet18": ["--data=MadeImages", "--data.batch_size=128", "--model=ResNet18", *RECIPE],
    "SpeedNet": ["--data=MadeImages", "--data.batch_size=512", "--model=SpeedNet", *RECIPE],
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
    """Settings of a training: the model, the precision, and settings of ``machine``."""

    model: str
    precision: str = "bf16"
    channels_last: str = "true"
    compile: str = "false"
    resident: str = "true"
    cuda_graphs: str = "false"


class Measured(NamedTuple):
    """The measurements of a case.

    Attributes:
        speed: Images per second.
        flops: FLOPs of the forward pass of one image.
        memory: Peak memory in MB.
    """

    speed: float
    flops: int
    memory: int


def cases(model: str) -> list[Case]:
    """Return the usual settings for a model, then each variant of one setting."""
    usual = Case(model)
    others = [usual._replace(precision=each) for each in PRECISIONS if each != usual.precision]
    others += [usual._replace(channels_last="false"), usual._replace(resident="false")]
    return [usual, *others, usual._replace(compile="true"), usual._replace(cuda_graphs="true")]


def fraction_of_peak(name: str, precision: str, measured: Measured) -> float | None:
    """Return the fraction of the device's peak FLOP/s in training, None if the peak is unknown.

    A step counts as three forward passes, since the backward pass costs two.
    """
    if name not in PEAKS:
        return None
    peak = PEAKS[name][{"tf32": 1, "float32": 2}.get(precision, 0)]
    return 3 * measured.flops * measured.speed / (peak * 1e12)


@contextlib.contextmanager
def tensor_float_32(allowed: bool) -> Iterator[None]:
    """Allow or forbid TF32 for float32 products, and restore the setting afterwards."""
    before = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    torch.backends.cudnn.allow_tf32 = allowed
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before[0]
        torch.set_float32_matmul_precision(before[1])


def measure(case: Case, device: str, epochs: int, folder: Path) -> Measured:
    """Train and return the speed of the epochs after the first."""
    torch.compiler.reset()
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    machine = [f"--machine.{name}={value}" for name, value in case._asdict().items()][2:]
    with tensor_float_32(case.precision != "float32"):
        cli = imgcls.main(
            [
                *("fit", *MODELS[case.model], *machine, "--data.val_fraction=0"),
                *(f"--trainer.accelerator={device}", "--trainer.devices=1"),
                f"--trainer.precision={PRECISIONS[case.precision]}",
                *(f"--trainer.max_epochs={epochs}", f"--trainer.default_root_dir={folder}"),
            ]
        )
    if cli is None or cli.run is None:
        raise RuntimeError("imgcls fit left no run")
    seconds = [row["seconds"] for row in cli.run.curves]
    batch_size = cli.datamodule.batch_size
    trained = MadeImages.count // batch_size * batch_size  # an epoch skips the rest
    result = cli.run.result
    speed = trained / median(after - before for before, after in pairwise(seconds))
    return Measured(speed, result["flops_per_image"], result["peak_memory_mb"])


def outcome(case: Case, device: str, epochs: int) -> Measured | str:
    """Return the measurements of a case, or a line on why it failed."""
    errors = io.StringIO()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(errors),
        ):
            return measure(case, device, epochs, Path(folder))
    except SystemExit:  # imgcls has printed why
        return errors.getvalue().strip().rpartition("imgcls: ")[2].partition("\n")[0]
    except Exception as error:  # the other cases are measured anyway
        reason = str(error).strip().partition("\n")[0]
        return f"{type(error).__name__}: {reason}"


def row(case: Case, reached: Measured | str, name: str) -> Row:
    """Return the row of a case in the table."""
    words = {heading.replace("_", " "): value for heading, value in case._asdict().items()}
    texts = [reached, "", "", ""] if isinstance(reached, str) else _numbers(case, reached, name)
    headings = ("images/s", "seconds per epoch", "fraction of peak", "MB")
    return printed(words, dict(zip(headings, texts, strict=True)))


def _numbers(case: Case, reached: Measured, name: str) -> list[str]:
    fraction = fraction_of_peak(name, case.precision, reached)
    return [
        f"{reached.speed:,.0f}",
        f"{EPOCH / reached.speed:.2f}",
        "" if fraction is None else f"{fraction:.1%}",
        f"{reached.memory:,}",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print each row when it is finished, and write the table so far."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="few images; writes no page")
    parser.add_argument("--page", type=Path, help="default docs/benchmarks.md, none with --small")
    options = parser.parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.exit(1, "no GPU here; --device cpu --small tests this program without one\n")
    MadeImages.count = 1_024 if options.small else IMAGES
    epochs = 2 if options.small else 4
    page = options.page or (None if options.small else PAGE)
    name = device_name(torch.device(options.device))
    about = (
        f"{name}, torch {torch.__version__}. {MadeImages.count:,} random images of 32x32, the "
        f"median of {epochs - 1} epochs after the first, an epoch being {EPOCH:,} images; "
        "the fraction of the peak counts three forward passes per image."
    )
    rows: list[Row] = []
    for case in (case for model in options.models for case in cases(model)):
        reached = outcome(case, options.device, epochs)
        rows.append(row(case, reached, name))
        print(*case, reached, flush=True)
        if page:
            fill_marks(page, "gpu", lambda _: f"\n{about}\n\n{markdown(rows)}\n")
    print(f"{about}\n\n{markdown(rows)}")


if __name__ == "__main__":
    main()
