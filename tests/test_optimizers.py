"""Muon against singular values, one matrix at a time, and torch's own SGD."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Command, Fit, curve, same_weights
from torch import Tensor, nn

from imgcls.errors import InputError
from imgcls.models import SpeedNet
from imgcls.optimizers import Muon
from imgcls.optimizers.muon import COEFFICIENTS, orthogonalised

STEPS = 3
CLASS = "imgcls.optimizers.Muon"
STOP = "{class_path: odd_parts.SignalInEpoch, init_args: {epoch: 1, name: SIGTERM}}"
EMA = "{class_path: WeightEMA, init_args: {decay: 0.9}}"


def matrices(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def by_singular_values(matrix: Tensor) -> Tensor:
    """Return what the iteration makes of a matrix: its polynomial acts on singular values alone."""
    first, third, fifth = COEFFICIENTS
    left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
    values = values / values.square().sum().sqrt()
    for _ in range(STEPS):
        values = first * values + third * values**3 + fifth * values**5
    made: Tensor = left @ torch.diag(values) @ right
    return made


@pytest.mark.parametrize("shape", [(5, 8, 18), (5, 18, 8), (1, 8, 8)])
def test_singular_values_are_brought_near_one(shape: tuple[int, int, int]) -> None:
    given = matrices(*shape)
    made = orthogonalised(given, STEPS)
    for before, after in zip(given, made, strict=True):
        torch.testing.assert_close(after.double(), by_singular_values(before), rtol=0, atol=1e-4)
    values = torch.linalg.svdvals(made[:, :, :18])
    assert values.max() < 1.3
    assert values.median() > 0.6


def test_many_matrices_are_computed_as_each_alone() -> None:
    given = matrices(4, 8, 27)
    alone = torch.cat([orthogonalised(each[None], STEPS) for each in given])
    torch.testing.assert_close(orthogonalised(given, STEPS), alone, rtol=0, atol=1e-5)


def test_a_gradient_of_zeros_stays_zero() -> None:
    assert not orthogonalised(torch.zeros(1, 4, 9), STEPS).any()


def parts() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False),
        nn.BatchNorm2d(8),
        nn.Conv2d(8, 8, 3, bias=False),
        nn.Conv2d(8, 8, 3, bias=False),
        nn.Flatten(),
        nn.Linear(32, 5),
    )


def take_steps(model: nn.Module, optimizer: torch.optim.Optimizer, number: int = 3) -> None:
    inputs = matrices(4, 3, 8, 8)
    for _ in range(number):
        model.zero_grad()
        model(inputs).square().sum().mul(0.01).backward()
        optimizer.step()


def test_convolutions_take_orthogonal_steps_of_the_formula() -> None:
    model, start = parts(), parts()
    optimizer = Muon(model.parameters(), lr=0.1, momentum=0.6, steps=STEPS)
    take_steps(model, optimizer, 1)
    for weight, before in zip(model.parameters(), start.parameters(), strict=True):
        if weight.dim() != 4 or weight.grad is None:
            continue
        gradient = weight.grad.flatten(1)  # its momentum is a multiple of it in the first step
        update = by_singular_values(gradient).reshape(weight.shape).float()
        fixed = before * (8**0.5 / before.norm())
        torch.testing.assert_close(weight, fixed - 0.1 * update, rtol=0, atol=1e-4)


def test_all_else_takes_steps_of_sgd() -> None:
    model = parts()
    optimizer = Muon(model.parameters(), lr=0.1, sgd_lr=0.02, weight_decay=0.01)
    rates = {group["orthogonal"]: group["lr"] for group in optimizer.param_groups}
    assert rates == {False: pytest.approx(0.02), True: 0.1}
    others = [each for each in model.parameters() if each.dim() != 4]
    copies = [nn.Parameter(each.detach().clone()) for each in others]
    sgd = torch.optim.SGD(copies, lr=0.02, momentum=0.85, nesterov=True, weight_decay=0.01)
    for _ in range(3):
        take_steps(model, optimizer, 1)
        for one, other in zip(copies, others, strict=True):
            one.grad = None if other.grad is None else other.grad.clone()
        sgd.step()
    for one, other in zip(copies, others, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_where_the_weights_lie_changes_nothing() -> None:
    plain, last = parts(), parts().to(memory_format=torch.channels_last)
    for model in (plain, last):
        take_steps(model, Muon(model.parameters(), lr=0.1, sgd_lr=0.02))
    for one, other in zip(plain.parameters(), last.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-4)
    assert next(last.parameters()).is_contiguous(memory_format=torch.channels_last)


def test_a_saved_state_is_gone_on_from() -> None:
    model = parts()
    optimizer = Muon(model.parameters(), lr=0.1, sgd_lr=0.02)
    take_steps(model, optimizer, 2)
    other = copy.deepcopy(model)
    loaded = Muon(other.parameters(), lr=0.3, sgd_lr=0.3)
    loaded.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for each, its in ((model, optimizer), (other, loaded)):
        take_steps(each, its, 2)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"lr": 0.0}, "lr is 0.0"),
        ({"momentum": 1.0}, "momentum 1.0"),
        ({"sgd_lr": -1.0}, "sgd_lr -1.0"),
        ({"sgd_momentum": 0.0}, "sgd_momentum 0.0"),
        ({"steps": 0}, "steps are 0"),
        ({"weight_decay": -0.1}, "weight_decay -0.1"),
    ],
)
def test_a_number_out_of_range_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        Muon(parts().parameters(), **changes)


def test_each_part_of_a_classifier_has_its_rule_and_its_rate(fit: Fit, command: Command) -> None:
    flags = ("--model", "SpeedNet", "--model.channels", "[8, 16]", "--model.bias_rate", 64)
    rule = ("--model.optimizer", CLASS, "--model.optimizer.lr", 0.1)
    cli = command(
        *("fit", "--data", "Digits", *flags, *rule, "--model.optimizer.weight_decay", 1e-3),
        *("--trainer.max_epochs", 1, "--model.schedule", "Constant"),
    )
    model = cli.model
    assert isinstance(model, SpeedNet)
    names = {parameter: name for name, parameter in model.named_parameters()}
    found = {
        names[parameter]: (group["orthogonal"], group["lr"], group["weight_decay"])
        for group in cli.trainer.optimizers[0].param_groups
        for parameter in group["params"]
    }
    assert len(found) == sum(each.requires_grad for each in model.parameters())
    for name, (orthogonal, rate, decay) in found.items():
        assert orthogonal == ("convolutions" in name), name
        is_bias = "convolutions" not in name and name != "head.weight"
        assert rate == pytest.approx(0.1 if orthogonal else 64.0 if is_bias else 1.0), name
        assert decay == (0.0 if is_bias else 1e-3), name


def test_a_stopped_run_resumes_exactly(fit: Fit, command: Command) -> None:
    def run(*callbacks: str) -> Path:
        Path("muon.yaml").write_text(
            f"trainer: {{callbacks: [{', '.join((EMA, *callbacks))}]}}\n"
            "model:\n  class_path: SpeedNet\n  init_args:\n    channels: [8, 16]\n"
            f"    bias_rate: 8\n    optimizer: {{class_path: {CLASS}, init_args: {{lr: 0.1}}}}\n"
            "    schedule: {class_path: Triangular}\n"
            "data: {class_path: Digits, init_args: {batch_size: 256}}\n"
        )
        return fit(config="muon.yaml", epochs=3)

    whole, part = run(), run(STOP)
    assert len(curve(part)) == 2
    command("fit", "--ckpt_path", part)
    assert curve(part) == curve(whole)
    assert same_weights(part, whole)
    assert same_weights(part, whole, "best")
    assert float(curve(whole)[-1]["val/acc"]) > 0.5  # of ten classes, after 15 steps
