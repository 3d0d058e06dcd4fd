from pathlib import Path

import pytest
import torch
from commands import Command, folder_of, same_weights
from lightning import Trainer
from odd_parts import BackboneDiary
from torch import Tensor

from imgcls.callbacks import FreezeBackbone
from imgcls.cli.lightning_cli import ImgclsCLI
from imgcls.errors import InputError
from imgcls.evaluation.flops import count_parameters
from imgcls.models import SpeedNet
from imgcls.runs.run import Run

CONFIG = """\
trainer:
  max_epochs: 4
  limit_train_batches: 3
  val_check_interval: 2
  callbacks: CALLBACKS
data: {class_path: Digits, init_args: {batch_size: 128}}
model:
  class_path: ResNet18
  init_args:
    width: 4
    backbone_rate: 0.5
    optimizer: {class_path: torch.optim.OPTIMIZER, init_args: {lr: 0.01, weight_decay: 0.1}}
    schedule: {class_path: Cosine, init_args: {warmup: 0.1}}
"""
DIARY = "{class_path: odd_parts.BackboneDiary}"


def freeze(epochs: int) -> str:
    return f"{{class_path: FreezeBackbone, init_args: {{epochs: {epochs}}}}}"


def stop_in(epoch: int) -> str:
    arguments = f"{{epoch: {epoch}, name: SIGTERM}}"
    return f"{{class_path: odd_parts.SignalInEpoch, init_args: {arguments}}}"


def trained(
    command: Command, *callbacks: str, optimizer: str = "AdamW", name: str = "run"
) -> ImgclsCLI:
    text = CONFIG.replace("CALLBACKS", f"[{', '.join(callbacks)}]")
    Path(f"{name}.yaml").write_text(text.replace("OPTIMIZER", optimizer))
    return command("fit", "--config", f"{name}.yaml")


def diary(cli: ImgclsCLI) -> BackboneDiary:
    callbacks: list[object] = cli.trainer.callbacks  # type: ignore[attr-defined]
    return next(each for each in callbacks if isinstance(each, BackboneDiary))


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD"])
def test_a_frozen_backbone_keeps_every_bit_and_then_learns(
    command: Command, optimizer: str
) -> None:
    cli = trained(command, freeze(2), DIARY, optimizer=optimizer)
    before, first, second, third, fourth = diary(cli).states
    assert same(before, first)
    assert same(before, second)
    assert not same(second, third)
    assert not same(third, fourth)
    for name, value in third.items():  # all of it learns, norms and their statistics too
        assert not torch.equal(value, second[name]), name


def test_it_is_in_eval_mode_and_without_gradients_also_after_a_validation(
    command: Command,
) -> None:
    cli = trained(command, freeze(2), DIARY)
    frozen, free = (False, False), (True, True)
    assert diary(cli).steps == [frozen] * 6 + [free] * 6


def test_frozen_for_good_it_is_a_linear_probe(command: Command) -> None:
    cli = trained(command, freeze(99), DIARY)
    states = diary(cli).states
    assert same(states[0], states[-1])
    state = torch.load(folder_of(cli) / "checkpoints" / "last.ckpt", weights_only=True)
    assert state["optimizer_states"][0]["state"].keys() == {0, 1}  # the head's weight and bias
    assert Run(folder_of(cli)).result["parameters"] == count_parameters(cli.model) > 40_000


def test_zero_epochs_freeze_nothing(command: Command) -> None:
    with_it, without = trained(command, freeze(0), name="a"), trained(command, name="b")
    assert same_weights(folder_of(with_it), folder_of(without))


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_a_run_resumes_exactly_with_a_frozen_or_free_backbone(command: Command, epoch: int) -> None:
    uninterrupted = folder_of(trained(command, freeze(2), name="uninterrupted"))
    stopped = folder_of(trained(command, freeze(2), stop_in(epoch), name="stopped"))
    assert len((stopped / "metrics.csv").read_text().splitlines()) == epoch + 2
    command("fit", "--ckpt_path", stopped)
    assert same_weights(uninterrupted, stopped)
    one, other = (
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["optimizer_states"][0]
        for run in (uninterrupted, stopped)
    )
    assert one["param_groups"] == other["param_groups"]
    assert one["state"].keys() == other["state"].keys()
    for index, ours in one["state"].items():
        assert same(ours, other["state"][index])


def test_weights_that_were_never_trained_stay_frozen() -> None:
    model = SpeedNet(10, (3, 32, 32))
    before = {name: weight.requires_grad for name, weight in model.named_parameters()}
    assert len(set(before.values())) == 2  # whitening filters are set, not learned
    callback, trainer = FreezeBackbone(1), Trainer(logger=False, enable_checkpointing=False)
    callback.on_train_start(trainer, model)
    callback.on_train_epoch_start(trainer, model)
    assert not any(weight.requires_grad for weight in model.backbone.parameters())
    callback.on_train_end(trainer, model)
    assert {name: w.requires_grad for name, w in model.named_parameters()} == before


def test_a_negative_number_of_epochs_is_refused() -> None:
    with pytest.raises(InputError, match="FreezeBackbone's epochs is -1: it must be at least 0"):
        FreezeBackbone(-1)
