import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from wrong_kernels import Left, Spoiled, spoil

from imgcls.models import checked_bfloat16
from imgcls.models.checked_bfloat16 import CheckedBfloat16, is_right
from imgcls.models.speed_net import ScaledLinear
from imgcls.models.whitening import Whitening

LINE = (
    "bfloat16 is wrong on this processor for Conv2d 8 -> 6, 3x3, stride 2, on 1x1 maps: "
    "computed in float32"
)


@pytest.fixture(autouse=True)
def no_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_bfloat16, "verdicts", {})


def faulty() -> nn.Conv2d:
    return nn.Conv2d(8, 6, 3, stride=2, padding=1)


def maps(side: int = 1, count: int = 4) -> Tensor:
    return torch.randn(count, 8, side, side, requires_grad=True)


@contextmanager
def computing(model: nn.Module) -> Iterator[list[str]]:
    """Compute in bfloat16, checked; reported lines are collected."""
    reported: list[str] = []
    with torch.autocast("cpu", torch.bfloat16), CheckedBfloat16(model, reported.append).checking():
        yield reported


def gradients(layer: nn.Module, inputs: Tensor, output: Tensor) -> list[Tensor]:
    return [*torch.autograd.grad(output.float().sum(), [inputs, *layer.parameters()])]


@pytest.mark.parametrize("left", get_args(Left))
@pytest.mark.parametrize("what", get_args(Spoiled))
def test_what_a_kernel_leaves_unwritten_is_computed_in_float32(
    what: Spoiled, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, (6, 8, 3, 3), (1, 1), what, left)
    layer, inputs = faulty(), maps()
    with computing(layer) as reported:
        output = layer(inputs)
        layer(inputs)
        layer(maps(side=2))
        layer(maps(count=3))
    assert reported == [LINE]
    exact = layer(inputs)
    assert output.equal(exact.bfloat16())
    ours, theirs = gradients(layer, inputs, output), gradients(layer, inputs, exact)
    assert all(map(torch.equal, ours, theirs))


def test_each_run_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, (6, 8, 3, 3), (1, 1))
    layer = faulty()
    for _ in range(2):
        with computing(layer) as reported:
            layer(maps())
        assert reported == [LINE]


def test_without_gradients_the_output_alone_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, (6, 8, 3, 3), (1, 1))
    layer = faulty()
    with computing(layer) as reported:
        for context in (torch.no_grad(), torch.inference_mode()):
            with context:
                layer(maps())
    assert reported == []


CALLS = {
    "conv": (nn.Conv2d(8, 16, 3, padding=1), (64, 8, 5, 7)),
    "strided": (nn.Conv2d(64, 128, 3, stride=2, padding=1, bias=False), (16, 64, 2, 2)),
    "grouped": (
        nn.Conv2d(8, 16, 3, groups=4, padding="same", padding_mode="reflect"),
        (4, 8, 6, 6),
    ),
    "stem": (nn.Conv2d(3, 8, 7, stride=2, padding=3), (64, 3, 8, 8)),
    "1d": (nn.Conv1d(4, 6, 3), (5, 4, 9)),
    "3d": (nn.Conv3d(4, 6, 3), (2, 4, 5, 5, 5)),
    "linear": (nn.Linear(200, 10), (512, 200)),
    "sequences": (nn.Linear(12, 10), (4, 7, 12)),
    "scaled": (ScaledLinear(64, 100, 1 / 9), (512, 64)),
    "whitening": (Whitening(3), (512, 3, 9, 9)),
}


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_a_right_kernel_is_trusted(name: str, channels_last: bool) -> None:
    layer, shape = copy.deepcopy(CALLS[name][0]), CALLS[name][1]
    inputs = torch.randn(shape)
    if channels_last and len(shape) == 4:
        layer = layer.to(memory_format=torch.channels_last)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    before = copy.deepcopy(layer.state_dict())
    for sample in (inputs, inputs.bfloat16()):
        assert is_right(layer, sample)
        assert is_right(layer, sample.detach().requires_grad_())
        with torch.inference_mode():
            assert is_right(layer, sample)
    assert all(before[key].equal(value) for key, value in layer.state_dict().items())
    assert all(weight.grad is None for weight in layer.parameters())


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    layer, inputs = faulty(), maps()
    assert not torch.equal(before, torch.get_rng_state())
    before = torch.get_rng_state()
    is_right(layer, inputs)
    assert torch.equal(before, torch.get_rng_state())


def test_a_kind_of_call_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[nn.Module] = []

    def is_right(layer: nn.Module, _: Tensor) -> bool:
        checks.append(layer)
        return True

    monkeypatch.setattr(checked_bfloat16, "is_right", is_right)
    layers = [faulty(), faulty(), nn.Conv2d(8, 6, 3, padding=1)]
    model = nn.ModuleList(layers)
    expected = 0
    for inputs, kinds in (
        (maps(), 2),  # of three layers two are the same
        (maps(), 0),
        (maps(side=2), 2),
        (maps(count=3), 2),
        (maps().detach(), 2),  # as a first layer has it
        (maps(side=2).contiguous(memory_format=torch.channels_last), 2),
        (maps().bfloat16(), 2),
    ):
        with computing(model):
            for layer in layers:
                layer(inputs)
        expected += kinds
        assert len(checks) == expected
    with computing(model), torch.no_grad():
        layers[0](maps())
    layers[0].weight.requires_grad_(False)
    with computing(model):
        layers[0](maps())
    assert len(checks) == expected + 2


def test_nothing_is_checked_in_float32() -> None:
    layer = faulty()
    with CheckedBfloat16(layer, print).checking():
        assert layer(maps()).dtype == torch.float32
    assert checked_bfloat16.verdicts == {}


def test_the_model_is_left_as_it_came() -> None:
    model = nn.Sequential(faulty(), nn.Linear(6, 2))
    keys, facts = model.state_dict().keys(), [set(vars(each)) for each in model.modules()]
    checked = CheckedBfloat16(model, print)
    with checked.checking(), checked.checking():
        assert model.state_dict().keys() == keys
    with pytest.raises(RuntimeError), checked.checking():
        model(torch.zeros(1))  # no maps
    assert [set(vars(each)) for each in model.modules()] == facts


def test_a_copy_computes_with_its_own_weights() -> None:
    layer, inputs = faulty(), maps()
    with computing(layer):
        twin = copy.deepcopy(layer)
        for weight in twin.parameters():
            nn.init.zeros_(weight)
        assert not twin(inputs).any()
        assert layer(inputs).any()


class Listener:
    """Hears what a layer returns, and cannot be copied."""

    def __init__(self) -> None:
        self.heard: list[Tensor] = []
        self.lock = threading.Lock()

    def hear(self, layer: nn.Module, inputs: Any, output: Tensor) -> None:
        self.heard.append(output)


def test_hooks_hear_what_they_heard() -> None:
    layer, listener = faulty(), Listener()
    layer.register_forward_hook(listener.hear)
    with computing(layer):
        output = layer(maps())
    assert len(listener.heard) == 1
    assert listener.heard[0] is output


def test_layers_with_modules_of_their_own_are_left_alone() -> None:
    layer = parametrizations.weight_norm(faulty())
    with computing(layer):
        assert layer(maps()).dtype == torch.bfloat16
    assert checked_bfloat16.verdicts == {}
