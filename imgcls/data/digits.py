"""scikit-learn's handwritten digits: real images that come with a package."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from imgcls.data.image_data import ImageDataModule
from imgcls.data.images import Images
from imgcls.data.sources.pixel_source import OfficialSplit


class Digits(ImageDataModule):
    """1,797 grey 8x8 images of digits (Alpaydin and Kaynak, UCI, 1998), part of scikit-learn.

    The set has no official split: a stratified fifth (360 images) is its test split, always the
    same. Its 17 grey levels are spread over [0, 255].
    """

    classes = tuple("0123456789")
    image_shape = (1, 8, 8)
    mean, std = (0.3054,), (0.3760,)  # of the 1,437 training images, in [0, 1]

    def load(self, split: OfficialSplit) -> Images:
        """Return the training or the test images."""
        digits = load_digits()
        pixels = torch.from_numpy(digits.images * 255 / 16).round().to(torch.uint8)
        labels = torch.from_numpy(digits.target).long()
        train, test = train_test_split(
            torch.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0
        )
        rows = train if split == "train" else test
        return Images(pixels[rows].unsqueeze(1), labels[rows])
