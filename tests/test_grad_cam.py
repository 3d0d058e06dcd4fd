from typing import Any

import pytest
import torch
from test_contracts import MODELS, built, inputs_of
from torch import nn

from imgcls.errors import InputError
from imgcls.evaluation.grad_cam import grad_cam, last_maps

WITHOUT_PLACES = {"FullyConnected", "TwoLayerNet"}


def one_convolution() -> nn.Sequential:
    """Return two 1x1 filters, x and -x, and a linear layer of four places each.

    Place by place they weigh 1, 2, 3, 2 and 0, 0, 0, 4 in class 0, and in class 1 the first alone.
    """
    filters, weights = nn.Conv2d(1, 2, 1, bias=False), nn.Linear(8, 2, bias=False)
    filters.weight = nn.Parameter(torch.tensor([1.0, -1.0])[:, None, None, None])
    weights.weight = nn.Parameter(
        torch.tensor([[1.0, 2, 3, 2, 0, 0, 0, 4], [-1, 0, 0, -1, 0, 0, 0, 0]])
    )
    return nn.Sequential(filters, nn.Flatten(), weights)


def test_by_hand() -> None:
    images = torch.tensor([[[[1.0, 2], [-3, 4]]], [[[-2, 1], [-6, -4]]], [[[1, 1], [0, 1]]]])
    heat = grad_cam(one_convolution(), "0", images, torch.tensor([0, 1, 1]))
    # class 0: 1, 4, -9, 8 - 16; class 1: 2, 0, 0, 4; what is below zero is cut off
    assert torch.equal(heat[0], torch.tensor([[0.25, 1], [0, 0]]))
    assert torch.equal(heat[1], torch.tensor([[0.5, 0], [0, 1]]))
    assert torch.equal(heat[2], torch.zeros(2, 2))  # no evidence for it


def plain_grad_cam(model: Any, images: torch.Tensor, label: int) -> torch.Tensor:
    """Return heat maps of ResNet-18's last block, written out for this one net."""
    maps = model.backbone[:-2](images).detach().requires_grad_()
    model.head(maps.mean((2, 3)))[:, label].sum().backward()
    heat = torch.einsum("ndhw,nd->nhw", maps.detach(), maps.grad.mean((2, 3))).clamp(min=0)
    return heat / heat.amax((1, 2), keepdim=True)


def test_a_residual_net_whose_relus_work_in_place() -> None:
    model = built("ResNet18", 7, (3, 32, 32))
    images = inputs_of(model, 3, (3, 32, 32))
    assert last_maps(model, images) == "backbone.10"
    heat = grad_cam(model, "backbone.10", images, torch.tensor([2, 2, 2]))
    assert torch.allclose(heat, plain_grad_cam(model, images, 2), atol=1e-5)


@pytest.mark.parametrize(
    "name", [name for name in MODELS if name not in {"FullyConnected", "TwoLayerNet"}]
)
def test_every_model_with_places_is_explained_and_left_as_it_was(name: str) -> None:
    model = built(name, 7, (3, 32, 32)).train()
    model.head.eval()
    model.loss(model(inputs_of(model, 4, (3, 32, 32))), torch.tensor([0, 1, 2, 3])).backward()
    state = {key: value.clone() for key, value in model.state_dict().items()}
    trained = {key: weight for key, weight in model.named_parameters() if weight.requires_grad}
    slopes = {key: weight.grad.clone() for key, weight in trained.items()}  # type: ignore[union-attr]
    modes = [module.training for module in model.modules()]
    inputs = inputs_of(model, 2, (3, 32, 32))
    layer = last_maps(model, inputs)
    heat = grad_cam(model, layer, inputs, torch.tensor([1, 5]))
    assert heat.dim() == 3
    assert heat.shape[1] > 1
    assert heat.min() >= 0
    assert heat.max() == 1
    assert not heat.requires_grad
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert all(torch.equal(w.grad, slopes[key]) for key, w in trained.items())  # type: ignore[arg-type]
    assert [module.training for module in model.modules()] == modes
    assert not any(module._forward_hooks for module in model.modules())
    for weight in model.parameters():
        weight.requires_grad_(False)
    assert torch.equal(grad_cam(model, layer, inputs, torch.tensor([1, 5])), heat)


def test_it_looks_before_the_pooling() -> None:
    model = built("SmallCNN", 7, (3, 32, 32))  # ... convolution 5, ReLU 6, pooling 7
    assert last_maps(model, inputs_of(model, 1, (3, 32, 32))) == "backbone.6"


def test_a_net_without_places_is_refused() -> None:
    model = built("FullyConnected", 7, (3, 32, 32))
    with pytest.raises(InputError, match="FullyConnected has no convolution that returns more"):
        last_maps(model, inputs_of(model, 1, (3, 32, 32)))


@pytest.mark.parametrize("layer", ["head", "loss", "backbone.0.input"])
def test_a_layer_without_maps_is_refused(layer: str) -> None:
    model = built("SmallCNN", 7, (3, 32, 32))
    with pytest.raises(InputError, match=f"layer '{layer}' returns no maps: name one such as a"):
        grad_cam(model, layer, inputs_of(model, 1, (3, 32, 32)), torch.tensor([0]))
    assert not any(module._forward_hooks for module in model.modules())
