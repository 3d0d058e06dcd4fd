"""Settings of the machine, apart from what is learned."""

import os
from dataclasses import dataclass

import torch
from joblib import cpu_count
from lightning import Callback, Trainer
from lightning.pytorch.callbacks import GradientAccumulationScheduler

from imgcls.data import ImageDataModule
from imgcls.errors import InputError
from imgcls.models import Classifier
from imgcls.models.cuda_graphs import GraphedTraining


@dataclass
class Machine:
    """Settings of the machine, which change speed and never what is learned.

    Args:
        threads: Threads of a CPU run, at least 1; default ``OMP_NUM_THREADS``, else the physical
            cores, or what the process's affinity or container leaves it of the machine.
        channels_last: Keep convolution weights as NHWC; faster on most CPUs and on GPUs.
        compile: Compile the backbone with `torch.compile` for training; images of 32x32 gain
            nothing by it (docs/benchmarks.md).
        cuda_graphs: Launch all kernels of a training pass of the backbone at once on a GPU, see
            `GraphedTraining`; a CPU has no use for it. Gradients cannot be accumulated with it.
        resident: Keep all images in the memory of the GPU, where half of what is free holds
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
    """Return how many threads to set in torch, which overlooks a container's limits.

    Args:
        asked: What the user asked for by flag or config.

    Returns:
        None where ``OMP_NUM_THREADS`` has set them already.
    """
    if asked or os.environ.get("OMP_NUM_THREADS"):
        return asked
    return int(cpu_count(only_physical_cores=True))


def fit_to_machine(
    machine: Machine, model: Classifier, data: ImageDataModule, training: bool
) -> None:
    """Lay out the weights, choose how the backbone is run in training and where images lie."""
    if machine.channels_last:
        model.to(memory_format=torch.channels_last)
    if training and machine.compile:
        model.training_backbone = torch.compile(model.backbone.forward)
    elif training and machine.cuda_graphs:
        model.training_backbone = GraphedTraining(model.backbone)
    data.resident = machine.resident


def check_trainer(trainer: Trainer, machine: Machine) -> None:
    """Refuse a trainer that does not go with the machine's settings.

    Raises:
        InputError: It has several devices, or accumulates gradients that a CUDA graph overwrites.
    """
    if trainer.world_size > 1:
        raise InputError(
            f"{trainer.world_size} processes, but imgcls trains on one device; "
            "use trainer.devices 1"
        )
    if machine.cuda_graphs and _accumulates(trainer):
        raise InputError(
            "gradients are accumulated, but a CUDA graph overwrites those of the batch "
            "before; use machine.cuda_graphs false"
        )


def _accumulates(trainer: Trainer) -> bool:
    """Return whether any epoch sums the gradients of several batches before a step."""
    chosen: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    schedulers = [each for each in chosen if isinstance(each, GradientAccumulationScheduler)]
    scheduled = any(each.going_to_accumulate_grad_batches() for each in schedulers)
    return scheduled or trainer.accumulate_grad_batches > 1
