import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from imgcls.models import ResNet18
from imgcls.models.layers import SubsampledConvolution, shortcut
from imgcls.models.resnet import BasicBlock, stem_layers


@pytest.mark.parametrize(("kind", "side"), [("cifar", 32), ("imagenet", 8)])
def test_a_stem_keeps_the_size_or_quarters_it(kind: str, side: int) -> None:
    layers = nn.Sequential(*stem_layers(kind, 3, 16))  # type: ignore[arg-type]
    assert layers(torch.zeros(1, 3, 32, 32)).shape == (1, 16, side, side)


@pytest.mark.parametrize(("stride", "side"), [(1, 8), (2, 4)])
def test_a_block_adds_its_shortcut(stride: int, side: int) -> None:
    block = BasicBlock(4, 4, stride).eval()
    for weight in block.residual.parameters():
        nn.init.zeros_(weight)
    inputs = torch.randn(2, 4, 8, 8)
    outputs = block(inputs)
    assert outputs.shape == (2, 4, side, side)
    assert torch.equal(outputs, block.shortcut(inputs).relu())


def test_it_computes_what_torchvisions_does() -> None:
    """The weights of the two are in the same order, but for those of the shortcuts."""
    torch.manual_seed(0)
    ours = ResNet18(10, (3, 64, 64), stem="imagenet").eval()
    theirs = resnet18(num_classes=10).eval()
    names = {"residual.0": "conv1", "residual.1": "bn1", "residual.3": "conv2", "residual.4": "bn2"}
    state = {}
    for key, value in ours.state_dict().items():
        part, number, *rest = key.split(".")
        name = ".".join(rest)
        if part == "head":
            state[f"fc.{number}"] = value
        elif int(number) < 2:
            state[f"{('conv1', 'bn1')[int(number)]}.{name}"] = value
        else:
            for mine, other in {**names, "shortcut": "downsample"}.items():
                name = name.replace(f"{mine}.", f"{other}.")
            stage, block = divmod(int(number) - 4, 2)
            state[f"layer{stage + 1}.{block}.{name}"] = value
    theirs.load_state_dict(state)
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(ours(images), theirs(images), atol=1e-4)


def test_a_narrow_shortcut_sums_the_same_pixels() -> None:
    narrow, wide = shortcut(4, 6, stride=2), nn.Conv2d(4, 6, 1, 2, bias=False)
    assert isinstance(narrow, SubsampledConvolution)
    assert type(shortcut(8, 6, stride=2)) is type(shortcut(4, 6, stride=1)) is nn.Conv2d
    wide.load_state_dict(narrow.state_dict())
    inputs = torch.randn(3, 4, 7, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(narrow(inputs), wide(inputs))


def test_a_narrow_net_trains_in_channels_last() -> None:
    model = ResNet18(10, (1, 8, 8), width=4).to(memory_format=torch.channels_last)
    inputs = torch.randn(256, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    for _ in range(20):  # a gradient that writes beyond its memory ends the process soon
        model(inputs.contiguous(memory_format=torch.channels_last)).sum().backward()
    gradients = [each.grad for each in model.parameters() if each.grad is not None]
    assert all(torch.isfinite(each).all() for each in gradients)
