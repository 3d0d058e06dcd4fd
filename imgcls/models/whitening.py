"""A first convolution that whitens small patches; it is computed from images, not learned."""

from typing import Any

import torch
from torch import Tensor, nn

from imgcls.errors import InputError

WHITENED = 1000  # training images from which the filters are computed, if they are small
PATCHES = 10**6  # maximum: memory and time would grow with the area of large images
FLOOR = 5e-4  # added to the variances, after Jordan: the smallest ones are mostly noise


def whitening_filters(images: Tensor, size: int = 2) -> Tensor:
    """Return filters ``(2 C size^2, C, size, size)``: eigenvectors of patches and their mirrors.

    Each is divided by the root of its eigenvalue, so that all outputs have about the same variance.
    Page, "How to train your ResNet 8: Back of tricks", 2019; the negatives are of Jordan, "94% on
    CIFAR-10 in 3.29 seconds on a single GPU", 2024.

    Args:
        images: Normalised images ``(N, C, H, W)``; 1,000 are enough.
        size: Rows and columns of a patch.

    Raises:
        InputError: There are no images, or they are smaller than a patch.
    """
    number, channels, height, width = images.shape
    if not number or min(height, width) < size:
        raise InputError(
            f"whitening needs patches of {size}x{size} pixels, but was given {number} images "
            f"of {height}x{width}: give larger images"
        )
    patches = nn.functional.unfold(images.double(), size)  # (N, C size^2, L)
    patches = patches.transpose(1, 2).flatten(0, 1)
    variances, directions = torch.linalg.eigh(torch.cov(patches.T))
    filters = (directions / (variances + FLOOR).sqrt()).T.flip(0)  # the largest variance first
    filters = filters.reshape(-1, channels, size, size).to(images.dtype)
    return torch.cat([filters, -filters])


class Whitening(nn.Conv2d):
    """A convolution with whitening filters: ``(N, C, H, W)`` to ``(N, 2 C s^2, H - s + 1, ...)``.

    Its weights are set once by `fit` and frozen; the biases are learned. Before that, the weights
    are random, as in any convolution.

    Args:
        in_channels: Channels C of the images.
        size: Rows and columns s of a patch.
    """

    is_fitted: Tensor

    def __init__(self, in_channels: int, size: int = 2) -> None:
        super().__init__(in_channels, 2 * in_channels * size**2, size)
        self.weight.requires_grad_(False)
        self.register_buffer("is_fitted", torch.tensor(False))

    @torch.no_grad()
    def fit(self, images: Tensor) -> None:
        """Set the filters from normalised images ``(N, C, H, W)``, unless they are set already.

        The weights of a checkpoint, with which a resumed or fine-tuned run begins, are kept.
        """
        if self.is_fitted:
            return
        self.weight.copy_(whitening_filters(images, self.kernel_size[0]))
        self.is_fitted.fill_(True)


@torch.no_grad()
def fit_whitening(model: Any) -> None:
    """Set the filters of all whitening convolutions from their inputs for training images.

    Args:
        model: A `Classifier` whose trainer has a data module.
    """
    hooks = [
        layer.register_forward_pre_hook(lambda layer, inputs: layer.fit(inputs[0]))
        for layer in model.modules()
        if isinstance(layer, Whitening) and not layer.is_fitted
    ]
    if not hooks:
        return
    data, was_training = model.trainer.datamodule, model.training
    images = data.train_images
    height, width = data.image_shape[1:]
    number = min(len(images), WHITENED, max(1, PATCHES // ((height - 1) * (width - 1))))
    index = torch.linspace(0, len(images) - 1, number).long()
    inputs = data.normalised(images.batch(index).inputs)
    inputs = inputs.to(next(model.parameters()).device)  # the model may not have been moved yet
    model.eval()(inputs if model.num_inputs == 1 else inputs.chunk(model.num_inputs, 1))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
