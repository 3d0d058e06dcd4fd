from collections.abc import Callable
from itertools import product
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from imgcls.errors import InputError
from imgcls.evaluation.flops import count_parameters
from imgcls.evaluation.layer_hooks import record_layers
from imgcls.models import DualBranchNet, ResNet18, SpeedNet
from imgcls.models.attention import ChannelAttention, CrossAttention, SpatialAttention
from imgcls.models.fusion import METHODS
from imgcls.models.whitening import Whitening, whitening_filters

LEVELS = ["input", "early", "middle", "late"]
Pair = tuple[Tensor, Tensor]


class Numbers:
    """Two hundred images, which a stub of a data module identifies by number."""

    def __len__(self) -> int:
        return 200

    def batch(self, index: Tensor) -> SimpleNamespace:
        return SimpleNamespace(inputs=index)


def pair(count: int = 3, side: int = 16) -> Pair:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, count, 3, side, side, generator=generator)
    return first, second


def model_of(**options: object) -> DualBranchNet:
    torch.manual_seed(0)
    return DualBranchNet(5, (3, 16, 16), width=8, **options).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize(("level", "method"), list(product(LEVELS, METHODS)))
def test_every_level_and_method_learns_from_both_views(level: str, method: str) -> None:
    model = model_of(levels=(level,), method=method)
    views = [view.requires_grad_() for view in pair()]
    logits = model(views)
    assert logits.shape == (3, 5)
    logits.square().sum().backward()
    assert all(view.grad is not None and view.grad.abs().sum() > 0 for view in views)
    still = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert still == []


@pytest.mark.parametrize("method", METHODS)
def test_what_each_fusion_returns_has_a_name(method: str) -> None:
    model = model_of(levels=tuple(LEVELS), method=method)
    names = [f"backbone.fusions.{level}" for level in LEVELS]
    with torch.no_grad(), record_layers(model, names) as heard:
        model(pair())
    found = {name: [tuple(maps.shape) for maps in heard[name]] for name in names}
    # early keeps the size, middle halves it, late is the last of four stages
    sizes = dict(zip(names, [(3, 16), (8, 16), (16, 8), (64, 2)], strict=True))
    wide = 1 if method in ("sum", "gated") else 2
    assert found == {
        name: [(3, wide * channels, side, side)] for name, (channels, side) in sizes.items()
    }


def storages(module: nn.Module) -> list[int]:
    return [tensor.untyped_storage().data_ptr() for tensor in module.state_dict().values()]


def test_branches_share_no_storage() -> None:
    backbone = model_of(levels=tuple(LEVELS)).backbone
    first, second = (storages(backbone.get_submodule(name)) for name in ("first", "second"))
    assert len({*first, *second}) == len(first) + len(second) > 0


@pytest.mark.parametrize("level", LEVELS[1:])
def test_before_the_fusion_a_branch_sees_its_own_view_alone(level: str) -> None:
    model = model_of(levels=(level,))
    heard: list[Pair] = []
    fusion = model.backbone.get_submodule(f"fusions.{level}")
    fusion.register_forward_pre_hook(lambda _, maps: heard.append(maps))
    image, gradient = pair()
    with torch.no_grad():
        model((image, gradient))
        model((image, -gradient))
    (one, other), (one_again, other_again) = heard
    assert torch.equal(one, one_again)
    assert not torch.equal(other, other_again)


def test_fused_at_several_levels_each_branch_hears_of_the_other() -> None:
    model = model_of(levels=("late", "early"))  # in whatever order they are named
    heard: list[Pair] = []
    model.backbone.get_submodule("fusions.late").register_forward_pre_hook(
        lambda _, maps: heard.append(maps)
    )
    image, gradient = pair()
    with torch.no_grad():
        model((image, gradient))
        model((image, -gradient))
    assert not torch.equal(heard[0][0], heard[1][0])


@pytest.mark.parametrize(("view", "index"), [("image", 0), ("gradient", 1)])
def test_a_single_view_is_a_resnet_18(view: str, index: int) -> None:
    model = model_of(sees=(view,))
    torch.manual_seed(0)
    single = ResNet18(5, (3, 16, 16), width=8).eval()
    single.load_state_dict(dict(zip(single.state_dict(), model.state_dict().values(), strict=True)))
    views = pair()
    assert torch.equal(model(views), single(views[index]))


def test_two_branches_may_see_the_same() -> None:
    model = model_of(sees=("image", "image"))
    image, gradient = pair()
    assert torch.equal(model((image, gradient)), model((image, -gradient)))
    assert count_parameters(model) == count_parameters(model_of())


def test_branches_may_be_of_different_kinds() -> None:
    plain = model_of(kinds=("plain", "plain"))
    mixed = model_of(kinds=("residual", "plain"))
    assert count_parameters(plain) < count_parameters(mixed) < count_parameters(model_of())
    assert mixed(pair()).shape == (3, 5)


def test_speed_branches_are_a_speed_net_each() -> None:
    single = SpeedNet(5, (3, 16, 16), channels=(16, 32, 64))
    model = model_of(kinds=("speed", "speed"), sees=("image",))
    single.load_state_dict(dict(zip(single.state_dict(), model.state_dict().values(), strict=True)))
    image, gradient = pair()
    assert torch.equal(model((image, gradient)), single.eval()(image))
    two = model_of(kinds=("speed", "speed"))
    assert count_parameters(two) == 2 * count_parameters(single)


@pytest.mark.parametrize("level", LEVELS)
def test_speed_branches_join_at_every_level(level: str) -> None:
    model = model_of(kinds=("speed", "speed"), levels=(level,))
    views = [view.requires_grad_() for view in pair()]
    model(views).square().sum().backward()
    assert all(view.grad is not None and view.grad.abs().sum() > 0 for view in views)


@pytest.mark.parametrize("level", ["late", "input"])
def test_speed_branches_whiten_what_they_see(level: str) -> None:
    views = [view * scale for view, scale in zip(pair(200), (1, 5), strict=True)]
    model = model_of(kinds=("speed", "speed"), levels=(level,))
    data = SimpleNamespace(
        train_images=Numbers(),
        normalised=lambda _: torch.cat(views, 1),
        image_shape=model.image_shape,
    )
    model.trainer = SimpleNamespace(datamodule=data)  # type: ignore[assignment]
    model.train()
    model.setup("fit")
    assert model.training
    expected = views if level == "late" else [torch.cat(views, 1)]
    stems = [layer for layer in model.modules() if isinstance(layer, Whitening)]
    for stem, seen in zip(stems, expected, strict=True):
        assert torch.allclose(stem.weight, whitening_filters(seen))
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all(norm.num_batches_tracked == 0 for norm in norms)


def test_late_concatenation_has_two_backbones_and_a_head_twice_as_wide() -> None:
    single = ResNet18(5, (3, 16, 16), width=8)
    backbone = count_parameters(single.backbone)
    assert count_parameters(model_of()) == 2 * backbone + (2 * 64 + 1) * 5


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"sees": ("image",) * 3}, "sees has 3 views: give one or two"),
        ({"levels": ()}, "name one or more of input, early, middle, late"),
        ({"levels": ("late", "late")}, r"levels is \['late', 'late'\]"),
        ({"kinds": ("speed", "plain")}, r"kinds is \['speed', 'plain'\]: a speed branch has maps"),
    ],
)
def test_what_cannot_be_built_is_refused(options: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        model_of(**options)


FORMULAS: dict[str, Callable[[nn.Module, Tensor, Tensor], Tensor]] = {
    "sum": lambda fusion, a, b: a + b,
    "concatenation": lambda fusion, a, b: torch.cat([a, b], 1),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_fusion_has_the_channels_it_says(method: str) -> None:
    torch.manual_seed(0)
    fusion = METHODS[method](8)  # type: ignore[index]
    first, second = torch.randn(2, 3, 8, 6, 4)
    fused = fusion(first, second)
    assert fused.shape == (3, fusion.out_channels, 6, 4)
    if method in FORMULAS:
        assert torch.equal(fused, FORMULAS[method](fusion, first, second))


def test_a_gate_chooses_between_both() -> None:
    torch.manual_seed(0)
    fusion = METHODS["gated"](4)
    first, second = torch.randn(2, 3, 4, 5, 5)
    fused = fusion(first, second)
    low, high = torch.minimum(first, second), torch.maximum(first, second)
    assert ((fused >= low - 1e-6) & (fused <= high + 1e-6)).all()
    torch.testing.assert_close(fusion(first, first), first)


def test_channel_attention_weighs_whole_channels() -> None:
    maps = torch.rand(2, 16, 4, 4) + 1
    weights = ChannelAttention(16)(maps) / maps
    torch.testing.assert_close(weights, weights[:, :, :1, :1].expand_as(maps))
    assert ((weights > 0) & (weights < 1)).all()


def test_spatial_attention_weights_whole_positions() -> None:
    maps = torch.rand(2, 5, 9, 9) + 1
    weights = SpatialAttention()(maps) / maps
    torch.testing.assert_close(weights, weights[:, :1].expand_as(maps))
    assert weights.std() > 0


def test_cross_attention_does_not_care_where_it_finds_something() -> None:
    torch.manual_seed(0)
    attention = CrossAttention(8).eval()
    maps, others = torch.randn(2, 2, 8, 6, 6)
    mirrored = others.flip(-1)
    torch.testing.assert_close(attention(maps, others), attention(maps, mirrored))
    assert not torch.allclose(attention(maps, others), attention(maps, others + maps))
    large = torch.randn(1, 8, 20, 12)
    assert attention(large, large).shape == large.shape


def test_too_small_images_are_refused() -> None:
    with pytest.raises(InputError, match="a speed branch's 3 blocks take images from 9x9 on"):
        DualBranchNet(5, (3, 8, 8), kinds=("speed", "speed"))
