from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Command, curve, folder_of

from imgcls.errors import InputError
from imgcls.models import LeNet5, SmallCNN

CONFIG = """\
trainer: {max_epochs: 4}
data: Digits
model: {class_path: SmallCNN, init_args: {padding: 1, OPTIONS}}
"""


def groups(command: Command, options: str) -> list[dict[str, Any]]:
    Path("run.yaml").write_text(CONFIG.replace("OPTIONS", options))
    cli = command("fit", "--config", "run.yaml", "--trainer.fast_dev_run", 1)
    found = cli.trainer.optimizers[0].param_groups
    head, backbone = set(cli.model.head.parameters()), set(cli.model.backbone.parameters())
    in_groups = [weight for group in found for weight in group["params"]]
    assert len(in_groups) == len(head) + len(backbone)
    assert set(in_groups) == head | backbone
    for group in found:
        parts = {"head" if weight in head else "backbone" for weight in group["params"]}
        group["part"] = parts.pop() if len(parts) == 1 else "both"
        group["dims"] = {weight.dim() == 1 for weight in group["params"]}
    return found


def optimizer(name: str, **arguments: object) -> str:
    inner = ", ".join(f"{key}: {value}" for key, value in arguments.items())
    return f"optimizer: {{class_path: torch.optim.{name}, init_args: {{{inner}}}}}"


def facts(found: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(g["part"], g["initial_lr"], g["weight_decay"], g["dims"]) for g in found]


def test_the_backbone_learns_at_a_fraction_of_the_rate(command: Command) -> None:
    found = groups(command, f"backbone_rate: 0.1, {optimizer('SGD', lr=0.5, weight_decay=0.02)}")
    assert facts(found) == [
        ("head", 0.5, 0.02, {False}),
        ("head", 0.5, 0, {True}),
        ("backbone", pytest.approx(0.05), 0.02, {False}),
        ("backbone", pytest.approx(0.05), 0, {True}),
    ]


def test_without_decay_two_groups_are_enough(command: Command) -> None:
    found = groups(command, f"backbone_rate: 2.0, {optimizer('Adam', lr=0.5)}")
    assert facts(found) == [
        ("head", 0.5, 0, {True, False}), ("backbone", 1.0, 0, {True, False})
    ]  # fmt: skip


def test_the_optimizers_own_default_rate_is_multiplied(command: Command) -> None:
    assert {(g["part"], g["initial_lr"]) for g in groups(command, "backbone_rate: 0.5")} == {
        ("head", torch.optim.AdamW([torch.zeros(1)]).defaults["lr"]), ("backbone", 0.0005)
    }  # fmt: skip


def test_one_rate_makes_the_groups_of_decay_alone(command: Command) -> None:
    assert facts(groups(command, optimizer("SGD", lr=0.5))) == [("both", 0.5, 0, {True, False})]
    found = groups(command, f"backbone_rate: 1.0, {optimizer('SGD', lr=0.5, weight_decay=0.02)}")
    assert facts(found) == [("both", 0.5, 0.02, {False}), ("both", 0.5, 0, {True})]


def test_biases_learn_at_a_rate_of_their_own(command: Command) -> None:
    options = f"bias_rate: 64.0, backbone_rate: 0.5, {optimizer('SGD', lr=0.5)}"
    assert facts(groups(command, options)) == [
        ("head", 0.5, 0, {False}), ("head", 32.0, 0, {True}),
        ("backbone", 0.25, 0, {False}), ("backbone", 16.0, 0, {True}),
    ]  # fmt: skip
    options = f"bias_rate: 2.0, {optimizer('SGD', lr=0.5, weight_decay=0.02)}"
    assert facts(groups(command, options)) == [
        ("both", 0.5, 0.02, {False}), ("both", 1.0, 0, {True})
    ]  # fmt: skip


def test_a_step_moves_the_backbone_by_the_factor(command: Command) -> None:
    def moved(rate: float) -> dict[str, torch.Tensor]:
        Path("run.yaml").write_text(
            CONFIG.replace("OPTIONS", f"backbone_rate: {rate}, {optimizer('SGD', lr=0.1)}")
        )
        cli = command("fit", "--config", "run.yaml", "--trainer.fast_dev_run", 1)
        torch.manual_seed(0)
        return {name: weight.detach() for name, weight in cli.model.named_parameters()}

    start, one, two = moved(1e-30), moved(1.0), moved(2.0)
    for name in start:
        factor = 2 if name.startswith("backbone") else 1
        assert torch.allclose(
            two[name] - start[name], factor * (one[name] - start[name]), atol=1e-6
        )
    assert not torch.equal(one["backbone.0.weight"], start["backbone.0.weight"])


def test_both_rates_follow_the_schedule_and_the_heads_is_logged(command: Command) -> None:
    schedule = "schedule: {class_path: Triangular, init_args: {peak: 0.5, start: 0.0}}"
    options = f"backbone_rate: 0.1, {schedule}, {optimizer('SGD', lr=0.01, weight_decay=0.1)}"
    Path("run.yaml").write_text(CONFIG.replace("OPTIONS", options))
    run = folder_of(command("fit", "--config", "run.yaml"))
    assert [float(row["lr"]) for row in curve(run)] == pytest.approx([0.005, 0.01, 0.005, 0])
    halfway = command(
        "fit", "--config", "run.yaml", "--name", "half", "--trainer.fast_dev_run", 1
    ).trainer.lr_scheduler_configs[0].scheduler  # fmt: skip
    assert halfway.base_lrs == pytest.approx([0.01, 0.01, 0.001, 0.001])


@pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan")])
def test_a_rate_that_is_no_factor_is_refused(rate: float) -> None:
    with pytest.raises(InputError, match=f"backbone_rate is {rate}: .* must be above 0; the call"):
        LeNet5(10, (3, 64, 64), backbone_rate=rate)
    with pytest.raises(InputError, match=f"bias_rate is {rate}: .* must be above 0"):
        LeNet5(10, (3, 64, 64), bias_rate=rate)


def test_the_rate_travels_in_the_checkpoint() -> None:
    assert SmallCNN(10, (3, 32, 32), backbone_rate=0.25).hparams["backbone_rate"] == 0.25
