from pathlib import Path

import pytest
import torch
from commands import Command, Fit, weights
from torch import nn

from imgcls.errors import InputError
from imgcls.models import SpeedNet
from imgcls.models.speed_net import ScaledLinear, SpeedBlock
from imgcls.models.whitening import WHITENED, Whitening, whitening_filters

CONFIG = """\
trainer: {max_epochs: 2}
data: {class_path: Digits, init_args: {batch_size: 64}}
model:
  class_path: SpeedNet
  init_args: {channels: [16, 32], optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}}
"""


def patterned() -> torch.Tensor:
    """Images whose neighbouring pixels and channels are alike."""
    noise = torch.randn(400, 3, 10, 10, generator=torch.Generator().manual_seed(0))
    mixed = torch.einsum("ij,njhw->nihw", torch.tensor([[2.0, 1, 0], [1, 1, 1], [0, 0, 3]]), noise)
    return mixed + mixed.roll(1, 2) + mixed.roll(1, 3)


def test_patches_come_out_without_correlation_and_with_one_variance() -> None:
    images = patterned()
    filters = whitening_filters(images)
    assert filters.shape == (24, 3, 2, 2)
    outputs = nn.functional.conv2d(images, filters).transpose(0, 1).flatten(1)
    covariance = torch.cov(outputs[:12].double())
    assert torch.allclose(covariance, torch.eye(12, dtype=torch.float64), atol=5e-3)
    assert torch.equal(filters[12:], -filters[:12])
    raw = nn.functional.unfold(images, 2).transpose(0, 1).flatten(1)
    assert not torch.allclose(torch.cov(raw), torch.eye(12), atol=0.5)


def test_constant_images_give_finite_filters() -> None:
    assert whitening_filters(torch.ones(4, 1, 3, 3)).isfinite().all()


@pytest.mark.parametrize("shape", [(0, 3, 8, 8), (4, 3, 1, 8)])
def test_nothing_to_whiten_is_reported(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=f"2x2 pixels, but was given {shape[0]} images of"):
        whitening_filters(torch.zeros(shape))


def test_filters_are_set_once() -> None:
    layer = Whitening(3)
    layer.fit(patterned())
    first = layer.weight.clone()
    layer.fit(patterned() ** 2)
    assert torch.equal(layer.weight, first)
    assert not layer.weight.requires_grad
    assert layer.bias is not None
    assert layer.bias.requires_grad


def test_a_block_of_three_bridges_its_last() -> None:
    block = SpeedBlock(4, 8, depth=3, momentum=0.4).eval()
    nn.init.zeros_(block.convolutions[2].weight)  # type: ignore[arg-type]
    shallow = SpeedBlock(4, 8, depth=2, momentum=0.4).eval()
    state = {key: value for key, value in block.state_dict().items() if ".2." not in key}
    shallow.load_state_dict(state)
    images = torch.randn(2, 4, 10, 10)
    assert torch.equal(block(images), shallow(images))
    assert block(images).shape == (2, 8, 5, 5)
    assert not any(norm.weight.requires_grad for norm in block.norms)


def test_logits_are_scaled() -> None:
    layer = ScaledLinear(4, 3, scale=0.25)
    features = torch.randn(2, 4)
    assert torch.allclose(layer(features), features @ layer.weight.T / 4)


def test_it_takes_images_of_many_sizes() -> None:
    model = SpeedNet(5, (3, 32, 32)).eval()
    for side in (9, 16, 33):
        assert model(torch.randn(2, 3, side, side)).shape == (2, 5)
    with pytest.raises(InputError, match="3 blocks take images from 9x9 on, these have 8x8"):
        SpeedNet(5, (3, 8, 8))
    with pytest.raises(InputError, match=r"channels are \[\] and its depth is 2"):
        SpeedNet(5, (3, 8, 8), channels=[])
    with pytest.raises(InputError, match="depth is 4: give at least one number"):
        SpeedNet(5, (3, 32, 32), depth=4)


def test_a_run_whitens_with_training_images(fit: Fit, command: Command) -> None:
    Path("speed.yaml").write_text(CONFIG)
    run = fit(config="speed.yaml")
    data = command("fit", "--config", "speed.yaml", "--trainer.fast_dev_run", 1).datamodule
    images = data.train_images
    index = torch.linspace(0, len(images) - 1, min(len(images), WHITENED)).long().tolist()
    inputs = data.normalised(images.batch(index).inputs)
    assert torch.allclose(weights(run)["backbone.0.weight"], whitening_filters(inputs))
    learned = fit("--model.whitening", False, config="speed.yaml", epochs=1)
    assert not torch.allclose(weights(learned)["backbone.0.weight"], whitening_filters(inputs))


def test_of_large_images_few_whiten(
    fit: Fit, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgcls.models.whitening.PATCHES", 5 * 7**2 + 1)  # of 8x8 images
    Path("speed.yaml").write_text(CONFIG)
    run = fit(config="speed.yaml", epochs=1)
    data = command("fit", "--config", "speed.yaml", "--trainer.fast_dev_run", 1).datamodule
    images = data.train_images
    index = torch.linspace(0, len(images) - 1, 5).long().tolist()
    inputs = data.normalised(images.batch(index).inputs)
    assert torch.allclose(weights(run)["backbone.0.weight"], whitening_filters(inputs))


def test_small_images_come_first(command: Command) -> None:
    resize = '[{"class_path": "ProgressiveResize", "init_args": {"start": 5, "step": 1}}]'
    Path("speed.yaml").write_text(CONFIG)
    cli = command("fit", "--config", "speed.yaml", "--data.augment", resize)
    batch = next(iter(cli.datamodule.train_dataloader()))
    assert cli.datamodule.augmented(batch, 0).shape[2:] == (5, 5)
    assert cli.datamodule.augmented(batch, 1).shape[2:] == (7, 7)
