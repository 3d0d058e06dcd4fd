from torch import nn

from imgcls.evaluation.flops import flops_per_image
from imgcls.models import ConvNet


def test_a_convolution_multiplies_and_adds_for_every_pixel_and_filter() -> None:
    layer = nn.Conv2d(3, 8, kernel_size=3, padding=1)
    assert flops_per_image(layer, (3, 5, 7)) == 2 * (5 * 7) * 8 * (3 * 3 * 3)
    strided = nn.Conv2d(3, 8, kernel_size=3, padding=1, stride=2)
    assert flops_per_image(strided, (3, 5, 7)) == 2 * (3 * 4) * 8 * (3 * 3 * 3)


def test_lenet_5_by_hand() -> None:
    products = 28 * 28 * 6 * 75 + 10 * 10 * 16 * 6 * 25 + 400 * 120 + 120 * 84 + 84 * 10
    assert flops_per_image(ConvNet(10, (3, 32, 32)), (3, 32, 32)) == 2 * products


def test_the_mode_of_the_model_stays() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    flops_per_image(model.train(), (1, 4, 4))
    assert model.training
    assert model[1].num_batches_tracked == 0
    flops_per_image(model.eval(), (1, 4, 4))
    assert not model.training
