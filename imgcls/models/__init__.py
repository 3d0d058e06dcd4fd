"""The models, each a `Classifier`."""

from imgcls.models.classifier import Classifier
from imgcls.models.cnn import CNN
from imgcls.models.conv_net import ConvNet
from imgcls.models.dual_branch import DualBranchNet
from imgcls.models.fully_connected import FullyConnected
from imgcls.models.lenet import LeNet5
from imgcls.models.resnet import ResNet18
from imgcls.models.small_cnn import SmallCNN
from imgcls.models.speed_net import SpeedNet
from imgcls.models.two_layer import TwoLayerNet
from imgcls.models.wide_resnet import WideResNet

__all__ = [
    "CNN",
    "Classifier",
    "ConvNet",
    "DualBranchNet",
    "FullyConnected",
    "LeNet5",
    "ResNet18",
    "SmallCNN",
    "SpeedNet",
    "TwoLayerNet",
    "WideResNet",
]
