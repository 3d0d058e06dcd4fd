"""Fashion-MNIST."""

from pathlib import Path

from imgcls.data.image_data import ImageDataModule
from imgcls.data.sources.find import DatasetFiles
from imgcls.data.sources.idx_files import find_idx_files


class FashionMNIST(ImageDataModule):
    """70,000 grey 28x28 images of clothes in 10 classes.

    Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", 2017.
    """

    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    image_shape = (1, 28, 28)
    mean, std = (0.2860,), (0.3530,)  # of the 60,000 training images, in [0, 1]
    files = DatasetFiles(
        name="Fashion-MNIST",
        official=find_idx_files,
        downloads={
            "FashionMNIST/raw/train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "FashionMNIST/raw/train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "FashionMNIST/raw/t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "FashionMNIST/raw/t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        elsewhere=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian: dataset-fashion-mnist
    )
