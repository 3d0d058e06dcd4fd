"""CIFAR-100 as pairs of an image and its gradient."""

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from imgcls.batch import Batch
from imgcls.data.cifar100 import CIFAR100
from imgcls.data.images import Images
from imgcls.data.sources.find import load_split
from imgcls.data.sources.pixel_source import OfficialSplit
from imgcls.transforms.normalise import normalise
from imgcls.transforms.sobel import sobel


class CIFAR100Sobel(CIFAR100):
    """CIFAR-100 whose inputs are pairs: the image, and its Sobel gradient.

    The gradient is made after augmentation, so that both show the same geometry, and before
    normalisation, from pixels in [0, 1]. A mix blends the images and the gradients alike.

    Args:
        image_size: Rows and columns of both; images are resized (bilinear) after augmentation;
            those that the augmentation has made smaller, by the same factor.
        **loading: See `ImageDataModule`.
    """

    num_inputs: ClassVar[int] = 2
    gradient_mean, gradient_std = 0.2143, 0.2267  # of the gradients of train, in [0, 1]

    def __init__(self, image_size: int = 32, **loading: Any) -> None:
        super().__init__(**loading)
        self.enlargement = image_size / type(self).image_shape[1]
        self.image_shape = (3, image_size, image_size)

    def load(self, split: OfficialSplit) -> Images:
        """Return the official training or test set at its own size."""
        name, shape = self.files.name, CIFAR100.image_shape
        return load_split(self.source, name, split, self.official_classes, shape)

    def normalised(self, images: Tensor) -> Tensor:
        """Return image and gradient, stacked as channels, ``(N, 6, H, W)`` float32."""
        pixels = images if images.is_floating_point() else images.float() / 255
        if self.enlargement != 1:
            pixels = functional.interpolate(pixels, scale_factor=self.enlargement, mode="bilinear")
        gradient_mean, gradient_std = [self.gradient_mean] * 3, [self.gradient_std] * 3
        gradients = normalise(sobel(pixels), gradient_mean, gradient_std)
        return torch.cat([normalise(pixels, self.mean, self.std), gradients], 1)

    def as_models_take_it(self, batch: Batch) -> Batch:
        """Return the batch with the inputs as a pair of ``(N, 3, H, W)``."""
        return super().as_models_take_it(batch._replace(inputs=batch.inputs.chunk(2, dim=1)))
