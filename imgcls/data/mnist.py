"""MNIST."""

from imgcls.data.image_data import ImageDataModule
from imgcls.data.sources.find import DatasetFiles
from imgcls.data.sources.idx_files import find_idx_files


class MNIST(ImageDataModule):
    """70,000 grey 28x28 images of handwritten digits in 10 classes.

    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    1998.
    """

    classes = tuple("0123456789")
    image_shape = (1, 28, 28)
    mean, std = (0.1307,), (0.3081,)  # of the 60,000 training images, in [0, 1]
    files = DatasetFiles(
        name="MNIST",
        official=find_idx_files,
        downloads={
            "MNIST/raw/train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "MNIST/raw/train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "MNIST/raw/t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "MNIST/raw/t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    )
