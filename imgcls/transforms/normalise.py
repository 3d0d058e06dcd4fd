"""Normalisation of pixels to the input of a network."""

from collections.abc import Sequence

import torch
from torch import Tensor

from imgcls.errors import InputError


def normalise(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Return ``(images - mean) / std`` for each channel, as new float32 ``(N, C, H, W)``.

    The division by 255 is included: one conversion, one product and one sum, in place.

    Args:
        images: uint8 in [0, 255], or floating point in [0, 1].
        mean: Mean of each channel, of pixels in [0, 1].
        std: Standard deviation of each channel, of pixels in [0, 1]; above 0.
    """
    if not len(mean) == len(std) == images.shape[1]:
        raise InputError(
            f"mean has {len(mean)} numbers and std {len(std)}, but the images have "
            f"{images.shape[1]} channels: give one of each per channel"
        )
    if min(std) <= 0:
        raise InputError(f"std is {tuple(std)}: images are divided by it, so choose above 0")
    white = 1 if images.is_floating_point() else 255
    factor = [1 / (white * s) for s in std]
    offset = [-m / s for m, s in zip(mean, std, strict=True)]
    constants = torch.tensor([factor, offset]).to(images.device, non_blocking=True)
    product, total = constants[:, :, None, None]  # (C, 1, 1) each
    return images.to(torch.float32, copy=True).mul_(product).add_(total)
