"""Pictures per second by threads and by how idle threads wait, alone and beside a busy program.

python benchmarks/threads.py [--steps 10] [--threads 1 2 ...]

Threads of OpenMP that have nothing to do spin before they sleep, so that they start again at once;
when another program wants the core, spinning is what it is kept from. Each measurement is a process
of its own, since OpenMP reads its environment once. What is best here belongs into `ENVIRONMENT` of
imgcls/command.py. GNU's OpenMP, which torch brings on Linux, knows OMP_WAIT_POLICY and
GOMP_SPINCOUNT; Intel's (KMP_BLOCKTIME=0) takes OMP_WAIT_POLICY too.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

from joblib import cpu_count

from imgcls.tables import Cell, markdown

POLICIES: dict[str, dict[str, str]] = {
    "default": {},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
    "GOMP_SPINCOUNT=10000": {"GOMP_SPINCOUNT": "10000"},
}
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def pictures_per_second(steps: int, batch_size: int, channels: list[int]) -> float:
    """Return the speed of training steps of a `SpeedNet` in this process, by the median step."""
    import torch  # in the measured process alone

    from imgcls.callbacks.mixed_precision import processor_has_bfloat16
    from imgcls.models import SpeedNet

    model = SpeedNet(10, (3, 32, 32), channels=channels, whitening=False)
    model.to(memory_format=torch.channels_last)
    inputs, labels = torch.randn(batch_size, 3, 32, 32), torch.arange(batch_size) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    times = []
    for _ in range(steps + 1):
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=processor_has_bfloat16()):
            loss = model.loss(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        times.append(time.perf_counter() - began)
    return batch_size / median(times[1:])  # the first warms up


@contextlib.contextmanager
def busy(programs: int) -> Iterator[None]:
    """Keep that many cores busy."""
    started = [subprocess.Popen([sys.executable, "-c", "while 1: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for program in started:
            program.kill()
            program.wait()


def measured(threads: int, policy: dict[str, str], arguments: Sequence[str]) -> float:
    """Return the pictures per second of a process with these threads and this policy."""
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    environment |= {"OMP_NUM_THREADS": str(threads), **policy}
    command = [sys.executable, __file__, *arguments, "--here"]
    answer = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return float(answer.splitlines()[-1])


def table(threads: Sequence[int], programs: int, arguments: Sequence[str]) -> str:
    """Return a Markdown table with a row a number of threads and a policy."""
    rows = []
    for count in threads:
        for name, policy in POLICIES.items():
            alone = measured(count, policy, arguments)
            with busy(programs):
                beside = measured(count, policy, arguments)
            texts = [str(count), name, f"{alone:,.0f}", f"{beside:,.0f}", f"{beside / alone:.0%}"]
            heads = ["threads", "waiting", "alone, pictures/s", "beside, pictures/s", "kept"]
            cells = [Cell(text, {"policy": text} if text == name else {}) for text in texts]
            rows.append(dict(zip(heads, cells, strict=True)))
    return markdown(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in this process
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--channels", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--threads", type=int, nargs="+", default=range(1, cpu_count() + 1))
    parser.add_argument("--busy", type=int, default=1, help="programs beside it; default 1")
    options = parser.parse_args()
    step = options.steps, options.batch_size, options.channels
    if options.here:
        print(pictures_per_second(*step))
        return
    flags = [f"--steps={step[0]}", f"--batch-size={step[1]}", "--channels", *map(str, step[2])]
    print(table(options.threads, options.busy, flags))
    print(f"\nBusy programs beside it: {options.busy}; cores: {cpu_count()}; steps: {step[0]}.")


if __name__ == "__main__":
    main()
