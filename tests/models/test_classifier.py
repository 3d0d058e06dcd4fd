from pathlib import Path

import pytest
import torch
from commands import Command, curve

from imgcls.models import LeNet5


def test_biases_and_norms_get_no_weight_decay(command: Command) -> None:
    Path("run.yaml").write_text(
        "data: Digits\nmodel:\n  class_path: ResNet18\n  init_args:\n    width: 4\n    optimizer: "
        "{class_path: torch.optim.SGD, init_args: {lr: 0.1, weight_decay: 0.01}}\n"
    )
    cli = command("fit", "--config", "run.yaml", "--trainer.fast_dev_run", 1)
    decayed, others = cli.trainer.optimizers[0].param_groups
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.01, 0)
    assert {weight.dim() for weight in decayed["params"]} == {2, 4}
    assert {weight.dim() for weight in others["params"]} == {1}
    ours = {id(weight) for weight in cli.model.parameters()}
    assert {id(weight) for group in (decayed, others) for weight in group["params"]} == ours


@pytest.mark.parametrize("accumulated", [1, 3])
def test_the_schedule_ends_with_the_run(command: Command, accumulated: int) -> None:
    cli = command(
        "fit", "--config", "digits_cnn", "--trainer.max_epochs", 2,
        "--trainer.accumulate_grad_batches", accumulated,
    )  # fmt: skip
    steps = 2 * -(-20 // accumulated)  # 1,293 pictures make 20 whole batches of 64
    assert cli.trainer.global_step == cli.trainer.estimated_stepping_batches == steps
    scheduler = cli.trainer.lr_scheduler_configs[0].scheduler
    assert scheduler.last_epoch == steps
    assert scheduler.get_last_lr() == pytest.approx([0, 0], abs=1e-12)


def test_the_rate_follows_the_schedule_batch_by_batch(command: Command) -> None:
    run = command(
        "fit", "--config", "digits_cnn", "--trainer.max_epochs", 4, "--model.schedule",
        "Triangular", "--model.schedule.peak", 0.5, "--model.schedule.start", 0,
    ).run  # fmt: skip
    assert run is not None
    rates = [float(row["lr"]) for row in curve(run)]
    assert rates == pytest.approx([0.0015, 0.003, 0.0015, 0])


def test_losses_of_uneven_batches_are_means_over_pictures(command: Command) -> None:
    run = command(
        "fit", "--config", "digits_cnn", "--trainer.max_epochs", 1, "--data.batch_size", 100,
        "--model.optimizer.lr", 0, "--data.augment", "null",
    ).run  # fmt: skip
    assert run is not None
    import json

    result = json.loads((run / "result.json").read_text())
    (row,) = curve(run)
    # nothing was learned, so the curve's validation pass and the result's see the same weights
    assert float(row["val/loss"]) == pytest.approx(result["val"]["loss"], rel=1e-5)
    assert float(row["val/acc"]) == pytest.approx(result["val"]["accuracy"])
    assert float(row["train/loss"]) == pytest.approx(result["train"]["loss"], rel=5e-3)


def test_features_go_through_the_head() -> None:
    model = LeNet5(10, (1, 28, 28)).eval()
    pictures = torch.randn(2, 1, 28, 28)
    assert model.features(pictures).shape == (2, 84)
    assert torch.equal(model.head(model.features(pictures)), model(pictures))
