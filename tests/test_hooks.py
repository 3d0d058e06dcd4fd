from typing import Any

import pytest
import torch
from torch import nn

from imgcls.errors import InputError
from imgcls.evaluation.layer_hooks import layer_names, pooled, record_layers
from imgcls.models import DualBranchNet


def small_model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(12, 2))


def hooks_of(model: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def test_outputs_and_inputs_are_what_the_layers_give_though_the_next_one_works_in_place() -> None:
    model, images = small_model(), torch.randn(5, 1, 4, 4)
    with record_layers(model, ["0", "1", "3.input"]) as recorded:
        model(images)
        model(images[:2])
    maps = nn.functional.conv2d(images, model[0].weight, model[0].bias)  # type: ignore[arg-type]
    assert torch.allclose(recorded["0"][0], maps, atol=1e-6)
    assert (maps < 0).any()
    assert torch.allclose(recorded["1"][0], maps.clamp(min=0), atol=1e-6)
    assert torch.allclose(recorded["3.input"][0], maps.clamp(min=0).flatten(1), atol=1e-6)
    assert [len(part) for part in recorded["0"]] == [5, 2]
    assert hooks_of(model) == 0


def test_maps_are_pooled_to_features() -> None:
    maps = torch.arange(24.0).reshape(2, 3, 2, 2)
    assert torch.equal(pooled(maps), torch.tensor([[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]))
    assert torch.equal(pooled(maps[:, :, 0, 0]), maps[:, :, 0, 0])


def test_before_and_after_a_fusion() -> None:
    model = DualBranchNet(4, (3, 8, 8), width=2, levels=("input", "late"), method="sum").eval()
    late = "backbone.fusions.late"
    first = "backbone.first.3"
    # the level called input is a module itself, and its input another thing
    level = "backbone.fusions.input"
    pair = (torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8))
    apart = [f"{late}.input.{index}" for index in (0, 1)]
    names = [f"{late}.input", late, first, level, f"{level}.input", *apart]
    with record_layers(model, names) as maps:
        model(pair)
    before, after = maps[f"{late}.input"][0], maps[late][0]
    assert before.shape[1] == 2 * after.shape[1]
    one, other = before.chunk(2, dim=1)
    assert torch.equal(one + other, after)
    assert torch.equal(one, maps[first][0])
    assert torch.equal(one, maps[apart[0]][0])
    assert torch.equal(other, maps[apart[1]][0])
    assert torch.equal(maps[level][0], pair[0] + pair[1])
    assert torch.equal(maps[f"{level}.input"][0], torch.cat(pair, 1))


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ({"levels": ("middle",)}, ["middle"]),
        ({"levels": ("late", "input"), "method": "cbam"}, ["input", "late"]),
        ({"sees": ("image",)}, []),
    ],
)
def test_a_star_stands_for_one_part_of_a_name(options: dict[str, Any], levels: list[str]) -> None:
    model = DualBranchNet(4, (3, 8, 8), width=2, **options)
    fusions = [f"backbone.fusions.{level}" for level in levels]
    names = ["backbone.fusions.*.input.1", "backbone.fusions.*", "head.input", "head.*"]
    inputs = [f"{fusion}.input.1" for fusion in fusions]
    assert layer_names(model, names) == [*inputs, *fusions, "head.input"]


def test_an_input_that_there_is_not_is_reported() -> None:
    model = small_model()
    with (
        pytest.raises(InputError, match=r"layer '3.input.1' has no tensors to record"),
        record_layers(model, ["3.input.1"]),
    ):
        model(torch.randn(2, 1, 4, 4))


def test_a_compiled_model_is_heard() -> None:
    model = small_model()
    model.compile(backend="eager")
    model(torch.randn(2, 1, 4, 4))
    with record_layers(model, ["1"]) as recorded:
        model(torch.randn(2, 1, 4, 4))
    assert len(recorded["1"]) == 1


def test_hooks_are_removed_when_the_model_fails() -> None:
    model = small_model()
    with pytest.raises(RuntimeError), record_layers(model, ["0", "3.input"]):
        model(torch.randn(2, 9, 4, 4))
    assert hooks_of(model) == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("backbone.fusions.lat", "did you mean backbone.fusions.late"),
        ("backbone.fusions.lat.input", "did you mean backbone.fusions.late"),
        ("zzz", "there are loss, backbone, .* and [0-9]+ more"),
        ("", "there are loss, backbone, "),
    ],
)
def test_an_unknown_layer_is_told_with_near_names(name: str, text: str) -> None:
    model = DualBranchNet(4, (3, 8, 8), width=2)
    with pytest.raises(InputError, match=f"has no layer '{name}'.*{text}"):
        record_layers(model, ["head", name]).__enter__()
    assert hooks_of(model) == 0
