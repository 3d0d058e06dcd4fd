"""Parameter counts, each written out by hand."""

import pytest
from torch import nn

from imgcls.evaluation.flops import count_parameters
from imgcls.models import (
    CNN,
    ConvNet,
    FullyConnected,
    LeNet5,
    ResNet18,
    SmallCNN,
    TwoLayerNet,
    WideResNet,
)


def conv(inputs: int, outputs: int, side: int, bias: bool = True) -> int:
    return outputs * (inputs * side * side + bias)


def linear(inputs: int, outputs: int) -> int:
    return outputs * (inputs + 1)


def test_small_cnn_on_grey_28() -> None:
    # 28 - conv 26 - pool 13 - conv 11 - conv 9 - pool 4
    layers = [conv(1, 10, 3), conv(10, 5, 3), conv(5, 16, 3)]
    layers += [linear(16 * 4 * 4, 128), linear(128, 64), linear(64, 10)]
    assert layers == [100, 455, 736, 32_896, 8_256, 650]
    assert count_parameters(SmallCNN(10, (1, 28, 28))) == sum(layers) == 43_093


def test_small_cnn_on_colour_32() -> None:
    # 32 - conv 30 - pool 15 - conv 13 - conv 11 - pool 5
    layers = [conv(3, 10, 3), conv(10, 5, 3), conv(5, 16, 3)]
    layers += [linear(16 * 5 * 5, 128), linear(128, 64), linear(64, 100)]
    assert layers == [280, 455, 736, 51_328, 8_256, 6_500]
    assert count_parameters(SmallCNN(100, (3, 32, 32))) == sum(layers) == 67_555


def test_lenet_5_on_colour_32() -> None:
    # 32 - conv 28 - pool 14 - conv 10 - pool 5
    layers = [conv(3, 6, 5), conv(6, 16, 5)]
    layers += [linear(16 * 5 * 5, 120), linear(120, 84), linear(84, 10)]
    assert layers == [456, 2_416, 48_120, 10_164, 850]
    assert count_parameters(ConvNet(10, (3, 32, 32))) == sum(layers) == 62_006


def test_lenet_5_with_three_more_convolutions() -> None:
    # 32 - conv 28 - conv 28 - pool 14 - conv 10 - conv 10 - pool 5 - conv 5
    layers = [conv(3, 6, 5), conv(6, 8, 3), conv(8, 16, 5), conv(16, 20, 3), conv(20, 24, 3)]
    layers += [linear(24 * 5 * 5, 120), linear(120, 84), linear(84, 10)]
    assert count_parameters(ConvNet(10, (3, 32, 32), more=(8, 20, 24))) == sum(layers)


@pytest.mark.parametrize(("padding", "flattened"), [(2, 1024), (0, 256)])
def test_lenet_5_on_colour_64(padding: int, flattened: int) -> None:
    # padded: 64 - pool 16 - pool 4; else 64 - conv 60 - pool 15 - conv 11 - pool 2
    layers = [conv(3, 32, 5), conv(32, 64, 5)]
    layers += [linear(flattened, 1021), linear(1021, 84), linear(84, 101)]
    assert count_parameters(LeNet5(101, (3, 64, 64), padding=padding)) == sum(layers)


def test_two_layers_and_two_more() -> None:
    two = count_parameters(TwoLayerNet(10, (3, 32, 32), hidden=100))
    assert two == linear(3072, 100) + linear(100, 10)
    four = count_parameters(TwoLayerNet(10, (3, 32, 32), hidden=100, more=(50, 20)))
    assert four == linear(3072, 100) + linear(100, 50) + linear(50, 20) + linear(20, 10)


def test_fully_connected_with_norm() -> None:
    # a norm has scale and shift, and the layer before it then no bias
    layers = [784 * 30 + 2 * 30, 30 * 20 + 2 * 20, linear(20, 10)]
    model = FullyConnected(10, (1, 28, 28), hidden=(30, 20), batch_norm=True)
    assert count_parameters(model) == sum(layers)


def test_cnn_of_two_stages() -> None:
    # 28 - pool 14 - pool 7
    layers = [conv(1, 4, 3), conv(4, 4, 3), conv(4, 6, 3), conv(6, 6, 3)]
    layers += [linear(6 * 7 * 7, 12), linear(12, 10)]
    model = CNN(10, (1, 28, 28), channels=(4, 6), depth=2, hidden=(12,), batch_norm=False)
    assert count_parameters(model) == sum(layers)


def test_wide_resnet_28_10_is_as_large_as_published() -> None:
    # 36.5 million in table 5 of the paper
    assert count_parameters(WideResNet(10, (3, 32, 32), depth=28, width=10)) == 36_479_194


def resnet_layers(stem: int, width: int, num_classes: int) -> int:
    total = conv(3, width, stem, bias=False) + 2 * width  # a batch norm has scale and shift
    inputs = width
    for outputs in (width, 2 * width, 4 * width, 8 * width):
        first, other = conv(inputs, outputs, 3, False), conv(outputs, outputs, 3, False)
        total += first + 3 * other + 4 * 2 * outputs
        if inputs != outputs:
            total += conv(inputs, outputs, 1, False) + 2 * outputs
        inputs = outputs
    return total + linear(inputs, num_classes)


def test_resnet_18_for_cifar_100() -> None:
    counted = count_parameters(ResNet18(100, (3, 32, 32)))
    assert counted == resnet_layers(3, 64, 100) == 11_220_132


def test_resnet_18_for_imagenet_is_as_large_as_torchvisions() -> None:
    counted = count_parameters(ResNet18(1000, (3, 224, 224), stem="imagenet"))
    assert counted == resnet_layers(7, 64, 1000) == 11_689_512


@pytest.mark.parametrize("width", [8, 32])
def test_a_narrower_resnet(width: int) -> None:
    counted = count_parameters(ResNet18(10, (3, 32, 32), width=width))
    assert counted == resnet_layers(3, width, 10)


def test_frozen_weights_do_not_count() -> None:
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad = False
    assert count_parameters(layer) == 6
