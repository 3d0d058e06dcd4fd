import pytest
import torch
from torch import nn

import imgcls.models
from imgcls.evaluation.flops import flops_per_image
from imgcls.evaluation.layer_summary import Layer, layer_summary
from imgcls.models import ConvNet, DualBranchNet

MODELS = [name for name in imgcls.models.__all__ if name != "Classifier"]


def test_layers_by_hand() -> None:
    model = nn.Sequential(
        nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.Flatten(), nn.Linear(64, 10, bias=False)
    )
    assert layer_summary(model.train(), (6, 6, 6)) == [
        Layer("0", "Conv2d", (16, 2, 2), 2416, "16 * (6 * 5 * 5) + 16 = 2,416", 2 * 4 * 2400),
        Layer("1", "BatchNorm2d", (16, 2, 2), 32, "16 + 16 = 32", 0),
        Layer("2", "Flatten", (64,), 0, "", 0),
        Layer("3", "Linear", (10,), 640, "64 * 10 = 640", 2 * 640),
    ]
    assert model.training
    assert model[1].num_batches_tracked == 0


def test_lenet_5_has_the_paper_s_fully_connected_layer() -> None:
    rows = layer_summary(ConvNet(10, (3, 32, 32)), (3, 32, 32))
    assert "120 * 84 + 84 = 10,164" in [row.calculation for row in rows]


@pytest.mark.parametrize("name", MODELS)
def test_layers_add_up_to_the_model(name: str) -> None:
    model = getattr(imgcls.models, name)(num_classes=7, image_shape=(3, 32, 32))
    rows = layer_summary(model, (3, 32, 32), model.num_inputs)
    assert sum(row.parameters for row in rows) == sum(p.numel() for p in model.parameters())
    assert sum(row.flops for row in rows) == flops_per_image(model, (3, 32, 32), model.num_inputs)
    assert rows[-1].name == "head"
    assert rows[-1].output_shape == (7,)
    with torch.no_grad():
        assert not any(module._forward_hooks for module in model.modules())


def test_attention_counts_whole() -> None:
    model = DualBranchNet(7, (3, 32, 32), method="cross_attention", width=8)
    rows = layer_summary(model, (3, 32, 32), 2)
    assert sum(row.parameters for row in rows) == sum(p.numel() for p in model.parameters())
    assert sum(row.flops for row in rows) == flops_per_image(model, (3, 32, 32), 2)
