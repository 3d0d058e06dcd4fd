"""CIFAR-10."""

from functools import partial

from imgcls.data.image_data import ImageDataModule
from imgcls.data.sources.cifar_pickles import MIRRORS, find_cifar_pickles
from imgcls.data.sources.find import DatasetFiles


class CIFAR10(ImageDataModule):
    """60,000 RGB 32x32 photographs in 10 classes.

    Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """

    classes = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )
    image_shape = (3, 32, 32)
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of train, in [0, 1]
    files = DatasetFiles(
        name="CIFAR-10",
        official=partial(
            find_cifar_pickles,
            folder="cifar-10-batches-py",
            batches={
                "train": [f"data_batch_{number}" for number in range(1, 6)],
                "test": ["test_batch"],
            },
        ),
        downloads={"cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a"},
        mirrors=MIRRORS,
    )
