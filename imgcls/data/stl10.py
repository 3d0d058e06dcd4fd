"""STL-10."""

from pathlib import Path
from typing import Any

from imgcls.data.image_data import ImageDataModule
from imgcls.data.sources.find import DatasetFiles
from imgcls.data.sources.image_files import rgb_square
from imgcls.data.sources.stl10_files import find_stl10_files


class STL10(ImageDataModule):
    """13,000 RGB 96x96 photographs in 10 classes, 500 of each to train on and 800 to test on.

    Coates, Ng and Lee, "An analysis of single-layer networks in unsupervised feature learning",
    2011. Nine of the classes are CIFAR-10's, so its models can be fine-tuned on them; the labels
    follow the alphabet.

    Args:
        root: See `ImageDataModule`.
        image_size: Rows and columns of the images, which are resized when they are read; 32 for
            models that were trained on CIFAR.
        classes: Five of the ten, or others; null for all ten.
        **loading: See `ImageDataModule`.
    """

    classes = (
        "airplane",
        "bird",
        "car",
        "cat",
        "deer",
        "dog",
        "horse",
        "monkey",
        "ship",
        "truck",
    )
    image_shape = (3, 96, 96)
    # Of train, in [0, 1], as commonly published; the authors of Greedy InfoMax (Löwe, O'Connor and
    # Veeling, 2019) state the same deviations and means that are 0.0002 larger.
    mean, std = (0.4467, 0.4398, 0.4066), (0.2603, 0.2566, 0.2713)
    files = DatasetFiles(
        name="STL-10",
        official=find_stl10_files,
        downloads={"stl10_binary.tar.gz": "91f7769df0f17e558f3565bffb0c7dfb"},
        mirrors=("http://ai.stanford.edu/~acoates/stl10/",),
        resize="squeeze",
    )

    def __init__(
        self,
        root: Path | None = None,
        image_size: int = 96,
        classes: tuple[str, ...] | None = ("airplane", "bird", "ship", "cat", "dog"),
        **loading: Any,
    ) -> None:
        super().__init__(root, classes=classes, **loading)
        self.image_shape = rgb_square(image_size)
