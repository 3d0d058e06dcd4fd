"""What the machine is told, apart from what is learned."""

import os
from dataclasses import dataclass

from joblib import cpu_count

from imgcls.errors import InputError


@dataclass
class Machine:
    """Facts of the machine, which change speed and never what is learned.

    Args:
        threads: Threads of a CPU run, at least 1; default ``OMP_NUM_THREADS``, else the physical
            cores, or what the process's affinity or container leaves it of the machine.
        channels_last: Keep convolution weights as NHWC; faster on most CPUs and on GPUs.
        compile: Compile the backbone with `torch.compile` for training; pictures of 32x32 gain
            nothing by it (docs/benchmarks.md).
        cuda_graphs: Launch all kernels of a training pass of the backbone at once on a GPU, see
            `GraphedTraining`; a CPU has no use for it. Gradients cannot be accumulated with it.
        resident: Keep all pictures in the memory of the GPU, where half of what is free holds
            them; otherwise each batch is copied there. A CPU has them anyway.
    """

    threads: int | None = None
    channels_last: bool = True
    compile: bool = False
    cuda_graphs: bool = False
    resident: bool = True

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise InputError(f"machine.threads is {self.threads}: it must be at least 1")
        if self.compile and self.cuda_graphs:
            raise InputError(
                "machine.compile and machine.cuda_graphs are both true: choose one of them"
            )


def threads_to_set(asked: int | None) -> int | None:
    """Return how many threads torch, which overlooks a container's limits, is to be told.

    Args:
        asked: What the user asked for by flag or config.

    Returns:
        None where ``OMP_NUM_THREADS`` has told torch already.
    """
    if asked or os.environ.get("OMP_NUM_THREADS"):
        return asked
    return int(cpu_count(only_physical_cores=True))
