import pytest
import torch
from torch import Tensor, nn

from imgcls.models import CNN, FullyConnected
from imgcls.models.initialisation import initialise


def weight_of(layer: nn.Conv2d | nn.Linear, kind: str) -> Tensor:
    torch.manual_seed(0)
    initialise(layer, kind)  # type: ignore[arg-type]
    return layer.weight.detach()


@pytest.mark.parametrize("layer", [nn.Linear(400, 100), nn.Conv2d(16, 4, 5)])
def test_xavier_has_its_variance(layer: nn.Conv2d | nn.Linear) -> None:
    weight = weight_of(layer, "xavier")
    field = weight[0, 0].numel()
    variance = 2 / (field * (weight.shape[0] + weight.shape[1]))
    assert weight.var() == pytest.approx(variance, rel=0.1)
    assert weight.abs().max() <= (3 * variance) ** 0.5  # uniform
    assert (layer.bias == 0).all()  # type: ignore[union-attr]


@pytest.mark.parametrize("layer", [nn.Linear(400, 100), nn.Conv2d(16, 40, 5)])
def test_he_has_its_variance(layer: nn.Conv2d | nn.Linear) -> None:
    weight = weight_of(layer, "he")
    variance = 2 / weight[0].numel()
    assert weight.var() == pytest.approx(variance, rel=0.1)
    assert weight.abs().max() > (3 * variance) ** 0.5  # normal
    assert (layer.bias == 0).all()  # type: ignore[union-attr]


def test_identity_repeats_the_input() -> None:
    layer = nn.Conv2d(3, 5, 3, padding=1, bias=False)
    before = layer.weight[3:].clone()
    initialise(layer, "identity")
    images = torch.rand(2, 3, 6, 6)
    torch.testing.assert_close(layer(images)[:, :3], images)
    assert torch.equal(layer.weight[3:], before)
    narrow = nn.Linear(5, 3, bias=False)
    initialise(narrow, "identity")
    inputs = torch.rand(2, 5)
    assert torch.equal(narrow(inputs), inputs[:, :3])


@pytest.mark.parametrize("kind", ["xavier", "he", "identity"])
def test_norms_stay_as_they_are(kind: str) -> None:
    model = CNN(10, (3, 8, 8), initialisation=kind)
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms
    assert all((norm.weight == 1).all() and (norm.bias == 0).all() for norm in norms)


def test_he_keeps_the_size_of_signals_in_a_deep_net() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(64, 3, 8, 8)
    deep = FullyConnected(10, (3, 8, 8), hidden=(256,) * 20, initialisation="he")
    usual = FullyConnected(10, (3, 8, 8), hidden=(256,) * 20)
    with torch.no_grad():
        assert 0.3 < deep.features(inputs).square().mean() < 3
        assert usual.features(inputs).square().mean() < 1e-2
