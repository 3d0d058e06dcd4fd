"""The cost of checking bfloat16 on a processor: once for each kind of call, and at each step.

python benchmarks/bfloat16_check.py [--sizes 20 24 28 32] [--steps 50] [--threads N]

Once: the first training step with images of each size of a recipe, minus the next step. At each
step: the look-up of the calls, which takes the same time for all sizes and is timed with small
images, of whose steps it is a larger fraction. A processor that does not multiply bfloat16 natively
takes far longer for check and step; by default it trains in float32.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import nullcontext
from statistics import mean, median
from typing import Any, NamedTuple

import torch
from page import machine, usual_threads
from torch.nn.functional import cross_entropy

from imgcls import CheckedBfloat16, markdown, models, printed

CLASSES = 100
CASES: dict[str, tuple[Callable[[], models.Classifier], int]] = {
    "cifar100_speed": (lambda: models.SpeedNet(CLASSES, (3, 32, 32)), 512),
    "cifar100_resnet": (lambda: models.ResNet18(CLASSES, (3, 32, 32), width=32), 256),
}


class Costs(NamedTuple):
    """Seconds of all checks, of a step at the mean size, and of the look-up in each step."""

    checks: float
    step: float
    looked_up: float


def step_seconds(model: models.Classifier, batch_size: int, size: int, context: Any) -> float:
    """Return the seconds of a training step in bfloat16."""
    inputs = torch.randn(batch_size, 3, size, size).to(memory_format=torch.channels_last)
    began = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False), context:
        loss = cross_entropy(model(inputs), torch.arange(batch_size) % CLASSES)
    loss.backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - began


def costs(
    make: Callable[[], models.Classifier], batch_size: int, sizes: list[int], steps: int
) -> Costs:
    """Return the seconds of the checks, of a step, and of the look-up."""
    model = make().to(memory_format=torch.channels_last)
    checked = CheckedBfloat16(model, print)
    firsts, later = [], []
    for size in sizes:
        firsts.append(step_seconds(model, batch_size, size, checked.checking()))
        later.append(step_seconds(model, batch_size, size, nullcontext()))
    small = [
        step_seconds(model, 2, 9, context)
        for _ in range(steps + 1)
        for context in (nullcontext(), checked.checking())
    ]
    looked_up = median(small[3::2]) - median(small[2::2])  # the first two warm up and check
    return Costs(sum(firsts) - sum(later), mean(later), looked_up)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 24, 28, 32])
    parser.add_argument("--threads", type=int, default=usual_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = []
    for name, (make, batch_size) in CASES.items():
        cost = costs(make, batch_size, options.sizes, options.steps)
        figures = {
            "batch": str(batch_size),
            "checks, s": f"{cost.checks:.1f}",
            "per step, s": f"{cost.step:.2f}",
            "look-up, ms per step": f"{1000 * cost.looked_up:.2f}",
            "fraction of a step": f"{cost.looked_up / cost.step:.3%}",
        }
        rows.append(printed({"recipe": name}, figures))
    sides = ", ".join(map(str, options.sizes))
    print(f"{markdown(rows)}\n\nImages of {sides} pixels per side; {machine(options.threads)}.")


if __name__ == "__main__":
    main()
