"""The models, each a `Classifier`."""

from imgcls.models.classifier import Classifier
from imgcls.models.lenet import LeNet5
from imgcls.models.resnet import ResNet18
from imgcls.models.small_cnn import SmallCNN

__all__ = ["Classifier", "LeNet5", "ResNet18", "SmallCNN"]
