"""The number of inputs of the first linear layer after convolutions."""

import torch
from torch import nn

from imgcls.errors import InputError


def flattened_size(layers: nn.Module, image_shape: tuple[int, int, int]) -> int:
    """Return D, where ``layers`` map an image ``(1, C, H, W)`` to ``(1, D)``.

    Raises:
        InputError: The image is too small for the layers.
    """
    try:
        with torch.no_grad():
            return layers(torch.zeros(1, *image_shape)).shape[1]  # type: ignore[no-any-return]
    except RuntimeError as error:
        raise InputError(
            f"an image of shape {tuple(image_shape)} is too small for these layers ({error}): "
            "pad the convolutions or give larger images"
        ) from error
