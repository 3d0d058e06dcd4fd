"""Any data set of images, with the gradient of each next to it."""

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms.v2.functional import to_dtype, to_image

from imgcls.transforms.sobel import sobel


class SobelPairs(Dataset[tuple[tuple[Tensor, Tensor], Any]]):
    """Items ``((image, gradient), label)`` of a data set of items ``(image, label)``.

    Both are float32 ``(3, H, W)`` in [0, 1].

    Args:
        dataset: Gives PIL images, arrays or tensors, RGB, uint8 or float in [0, 1].
    """

    def __init__(self, dataset: Dataset[tuple[Any, Any]]) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)  # type: ignore[arg-type]

    def __getitem__(self, position: int) -> tuple[tuple[Tensor, Tensor], Any]:
        """Return one pair and its label."""
        given, label = self.dataset[position]
        image = to_dtype(to_image(given), torch.float32, scale=True).as_subclass(Tensor)
        return (image, sobel(image[None])[0]), label
