"""The effect of `machine.compile` on a CPU: seconds to compile, and seconds saved per step.

python benchmarks/compiled.py [--steps 12] [--threads N] [--write]

Training steps in bfloat16 on random images of 32x32, without and with a compiled backbone.
Compilation pays off after the number of epochs of 50,000 images whose saved seconds equal the
seconds of compilation.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from page import machine, publish, usual_threads
from torch.nn.functional import cross_entropy

from imgcls import markdown, models, printed

CLASSES, SHAPE, EPOCH = 100, (3, 32, 32), 50_000
CASES: dict[str, tuple[Callable[[], models.Classifier], int]] = {
    "ResNet18, width 32": (lambda: models.ResNet18(CLASSES, SHAPE, width=32), 128),
    "SpeedNet": (lambda: models.SpeedNet(CLASSES, SHAPE), 512),
}


def step_seconds(model: models.Classifier, batch_size: int, steps: int) -> tuple[float, float]:
    """Return the seconds of the first step, and the median of the later ones."""
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    inputs = torch.randn(batch_size, *SHAPE).to(memory_format=torch.channels_last)
    labels = torch.arange(batch_size) % CLASSES
    seconds = []
    for _ in range(steps + 2):
        began = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = cross_entropy(model(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seconds.append(time.perf_counter() - began)
    return seconds[0], median(seconds[2:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=usual_threads())
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = []
    for name, (make, batch_size) in CASES.items():
        _, plain = step_seconds(make(), batch_size, options.steps)
        model = make()
        model.training_backbone = torch.compile(model.backbone.forward)
        first, compiled = step_seconds(model, batch_size, options.steps)
        saved = (plain - compiled) * EPOCH / batch_size
        epochs = (first - compiled) / saved if saved > 0 else None
        figures = {
            "batch": str(batch_size),
            "default, ms per step": f"{1000 * plain:.0f}",
            "compiled, ms per step": f"{1000 * compiled:.0f}",
            "compilation, s": f"{first - compiled:.0f}",
            "pays off after": f"{epochs:.1f} epochs" if epochs else "never",
        }
        rows.append(printed({"model": name}, figures))
    text = f"{markdown(rows)}\n\n{machine(options.threads)}, median of {options.steps} steps."
    publish("compiled", text, options.write)


if __name__ == "__main__":
    main()
