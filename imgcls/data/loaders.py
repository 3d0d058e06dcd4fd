"""Loaders of whole batches, without workers."""

from typing import Any

import torch
from lightning import Trainer
from torch import Tensor
from torch.utils.data import DataLoader, DistributedSampler, Sampler

from imgcls.data.images import Images
from imgcls.data.resident import ResidentLoader

Loader = DataLoader[Any] | ResidentLoader


def loader_of(
    images: Images,
    batch_size: int,
    device: torch.device,
    pixels: Tensor | None,
    sampler: Sampler[int] | None,
    drop_last: bool,
) -> Loader:
    """Return a loader of images.

    Args:
        images: In this order, unless there is a sampler.
        batch_size: Images in a batch.
        device: Where the batches go.
        pixels: Of the images, where these lie on the device.
        sampler: Gives the positions of an epoch.
        drop_last: Whether the last part of a batch is left out.
    """
    if pixels is not None:
        return ResidentLoader(images, pixels, batch_size, sampler, drop_last)
    return DataLoader(
        images,
        batch_size=batch_size,
        sampler=sampler,
        drop_last=drop_last,
        collate_fn=as_is,
        pin_memory=device.type == "cuda",
        generator=torch.Generator(),  # else each iteration draws from the global generator
    )


def shuffled(images: Images, seed: int, trainer: Trainer | None) -> DistributedSampler[Any]:
    """Return the order of the training images, drawn from seed and epoch alone."""
    return DistributedSampler(
        images,
        num_replicas=trainer.world_size if trainer else 1,
        rank=trainer.global_rank if trainer else 0,
        seed=seed * 10_007,  # the sampler adds the epoch: keep neighbouring seeds apart
    )


def as_is(batch: Any) -> Any:
    """Return the batch that `Images` already made; a collate function."""
    return batch
