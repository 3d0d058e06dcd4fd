"""The data sets, each an `ImageDataModule`."""

from imgcls.data.caltech101 import Caltech101
from imgcls.data.cifar10 import CIFAR10
from imgcls.data.cifar100 import CIFAR100
from imgcls.data.cifar100_sobel import CIFAR100Sobel
from imgcls.data.digits import Digits
from imgcls.data.fashion_mnist import FashionMNIST
from imgcls.data.image_data import ImageDataModule
from imgcls.data.image_folder import ImageFolder
from imgcls.data.mnist import MNIST
from imgcls.data.sobel_pairs import SobelPairs
from imgcls.data.stl10 import STL10

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "STL10",
    "CIFAR100Sobel",
    "Caltech101",
    "Digits",
    "FashionMNIST",
    "ImageDataModule",
    "ImageFolder",
    "SobelPairs",
]
