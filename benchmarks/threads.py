"""Images per second by number of threads and wait policy, alone and next to a busy program.

python benchmarks/threads.py [--seconds 4] [--threads 1 2 ...] [--write]

Idle threads of OpenMP spin before they sleep, so that they can start again at once; spinning takes
the core from another program. Each measurement is a separate process, since OpenMP reads its
environment once; they take turns, and medians count. All steps of the given seconds count,
including stalled ones. GNU's OpenMP, which torch brings on Linux, knows OMP_WAIT_POLICY and
GOMP_SPINCOUNT; Intel's takes OMP_WAIT_POLICY too.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

import torch
from joblib import cpu_count
from page import machine, publish

from imgcls import Row, markdown, models, printed, processor_has_bfloat16

POLICIES: dict[str, dict[str, str]] = {
    "default": {},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
    "GOMP_SPINCOUNT=10000": {"GOMP_SPINCOUNT": "10000"},
}
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def images_per_second(seconds: float, batch_size: int, channels: list[int]) -> float:
    """Return the speed of at least one training step of a `SpeedNet` in this process."""
    model = models.SpeedNet(10, (3, 32, 32), channels=channels, whitening=False)
    model.to(memory_format=torch.channels_last)
    inputs, labels = torch.randn(batch_size, 3, 32, 32), torch.arange(batch_size) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    steps, began, ended = 0, 0.0, 0.0
    while ended - began < seconds or not steps:
        with torch.autocast("cpu", torch.bfloat16, enabled=processor_has_bfloat16()):
            loss = model.loss(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ended = time.perf_counter()
        if began:
            steps += 1
        else:
            began = ended  # the first step warms up
    return steps * batch_size / (ended - began)


@contextlib.contextmanager
def busy(programs: int) -> Iterator[None]:
    """Keep ``programs`` cores busy."""
    started = [subprocess.Popen([sys.executable, "-c", "while 1: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for program in started:
            program.kill()
            program.wait()


def measured(threads: int, policy: dict[str, str], arguments: Sequence[str]) -> float:
    """Return the images per second of a process with these threads and this policy."""
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    environment |= {"OMP_NUM_THREADS": str(threads), **policy}
    command = [sys.executable, __file__, *arguments, "--here"]
    output = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return float(output.splitlines()[-1])


def table(threads: Sequence[int], programs: int, repeats: int, arguments: Sequence[str]) -> str:
    """Return a Markdown table with one row per number of threads and policy."""
    cases = [(count, name) for count in threads for name in POLICIES]
    alone: dict[tuple[int, str], list[float]] = {case: [] for case in cases}
    shared: dict[tuple[int, str], list[float]] = {case: [] for case in cases}
    for _ in range(repeats):
        for case in cases:
            alone[case].append(measured(case[0], POLICIES[case[1]], arguments))
            with busy(programs):
                shared[case].append(measured(case[0], POLICIES[case[1]], arguments))
    return markdown([_row(*case, median(alone[case]), median(shared[case])) for case in cases])


def _row(threads: int, policy: str, alone: float, shared: float) -> Row:
    return printed(
        {"waiting": policy},
        {
            "threads": str(threads),
            "alone, images/s": f"{alone:,.0f}",
            "shared, images/s": f"{shared:,.0f}",
            "ratio": f"{shared / alone:.0%}",
        },
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in this process
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--channels", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--threads", type=int, nargs="+", default=range(1, cpu_count() + 1))
    parser.add_argument("--busy", type=int, default=1, help="other busy programs; default 1")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    if options.here:
        print(images_per_second(options.seconds, options.batch_size, options.channels))
        return
    channels = [*map(str, options.channels)]
    flags = [f"--seconds={options.seconds}", f"--batch-size={options.batch_size}"]
    measured_at = table(
        options.threads, options.busy, options.repeats, [*flags, "--channels", *channels]
    )
    text = (
        f"{measured_at}\n\nSpeedNet of {', '.join(channels)} channels, batches of "
        f"{options.batch_size}; {machine()}, {cpu_count()} cores; other busy programs: "
        f"{options.busy}; median of {options.repeats}."
    )
    publish("threads", text, options.write)


if __name__ == "__main__":
    main()
