from pathlib import Path
from typing import Literal

import pytest
import torch
from commands import Command, Fit, curve, folder_of, weights
from torch import nn

from imgcls.batch import Batch
from imgcls.losses import Penalty
from imgcls.models import LeNet5, ResNet18
from imgcls.runs.run import Run


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
    steps = 2 * -(-20 // accumulated)  # 1,293 images make 20 whole batches of 64
    assert cli.trainer.global_step == cli.trainer.estimated_stepping_batches == steps
    scheduler = cli.trainer.lr_scheduler_configs[0].scheduler
    assert scheduler.last_epoch == steps
    assert scheduler.get_last_lr() == pytest.approx([0, 0], abs=1e-12)


def test_the_rate_follows_the_schedule_batch_by_batch(command: Command) -> None:
    run = folder_of(command(
        "fit", "--config", "digits_cnn", "--trainer.max_epochs", 4, "--model.schedule",
        "Triangular", "--model.schedule.peak", 0.5, "--model.schedule.start", 0,
    ))  # fmt: skip
    rates = [float(row["lr"]) for row in curve(run)]
    assert rates == pytest.approx([0.0015, 0.003, 0.0015, 0])


def test_losses_of_uneven_batches_are_means_over_images(command: Command) -> None:
    run = folder_of(command(
        "fit", "--config", "digits_cnn", "--trainer.max_epochs", 1, "--data.batch_size", 100,
        "--model.optimizer.lr", 0, "--data.augment", "null",
    ))  # fmt: skip
    import json

    result = json.loads((run / "result.json").read_text())
    (row,) = curve(run)
    # nothing was learned, so the curve's validation pass and the result's see the same weights
    assert float(row["val/loss"]) == pytest.approx(result["val"]["loss"], rel=1e-5)
    assert float(row["val/acc"]) == pytest.approx(result["val"]["accuracy"])
    assert float(row["train/loss"]) == pytest.approx(result["train"]["loss"], rel=5e-3)


@torch.no_grad()
def test_test_accuracy_weights_uneven_batches_by_their_images(fit: Fit, command: Command) -> None:
    run = fit("--data.batch_size", 100)
    command("test", "--ckpt_path", run)
    finished = Run(run)
    accuracies, sizes = [], []
    for batch in finished.data.ordered_loader(finished.data.test_images):
        inputs = finished.data.on_after_batch_transfer(batch, 0).inputs
        right = finished.model(inputs).argmax(1) == batch.targets
        accuracies.append(right.double().mean().item())
        sizes.append(len(right))
    assert sizes == [100, 100, 100, 60]
    weighted = sum(size * accuracy for size, accuracy in zip(sizes, accuracies, strict=True)) / sum(
        sizes
    )
    assert finished.result["test"]["accuracy"] == pytest.approx(weighted, abs=1e-9)
    assert sum(accuracies) / len(accuracies) != pytest.approx(weighted, abs=1e-4)


def test_features_go_through_the_head() -> None:
    model = LeNet5(10, (1, 28, 28)).eval()
    images = torch.randn(2, 1, 28, 28)
    assert model.features(images).shape == (2, 84)
    assert torch.equal(model.head(model.features(images)), model(images))


def test_an_output_that_sums_to_one_is_reported(command: Command) -> None:
    with pytest.warns(UserWarning, match="SoftmaxNet's outputs sums to one"):
        command("fit", "--config", "digits_cnn", "--model", "odd_parts.SoftmaxNet",
                "--trainer.max_epochs", 1)  # fmt: skip


def test_a_penalty_shrinks_the_weights_and_is_not_logged(command: Command) -> None:
    def sum_of_weights(strength: float) -> float:
        run = folder_of(command(
            "fit", "--config", "digits_cnn", "--trainer.max_epochs", 1, "--model.optimizer.lr",
            0.005, "--model.penalties",
            f'[{{"class_path": "Penalty", "init_args": {{"norm": "l1", "strength": {strength}}}}}]',
        ))  # fmt: skip
        losses.append(float(curve(run)[0]["train/loss"]))
        return sum(float(w.abs().sum()) for w in weights(run).values() if w.dim() > 1)

    losses: list[float] = []
    assert sum_of_weights(0.1) < 0.7 * sum_of_weights(0.0)
    assert losses[0] < 5  # a tenth of thousands of weights would be hundreds


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_a_penalty_is_on_matrices_and_filters_alone(norm: Literal["l1", "l2"]) -> None:
    model = ResNet18(10, (1, 8, 8), width=4, penalties=[Penalty(norm, 0.5)])
    batch = Batch(torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.int64), torch.arange(2))
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(0.25 if weight.dim() > 1 else 3.0)  # biases and factors of norms
    count = sum(weight.numel() for weight in model.parameters() if weight.dim() > 1)
    penalised = model.training_step(batch, 0)
    model.penalties = []
    price = 0.25 if norm == "l1" else 0.25**2 / 2
    difference = penalised - model.training_step(batch, 0)
    assert difference.item() == pytest.approx(0.5 * price * count, rel=1e-5)


def test_one_class_may_weigh_more(command: Command) -> None:
    heavy = ",".join(["1.0"] * 9 + ["100.0"])
    cli = command(
        "fit", "--config", "digits_cnn", "--trainer.max_epochs", 1, "--model.loss",
        f'{{"class_path": "CrossEntropy", "init_args": {{"class_weights": [{heavy}]}}}}',
    )  # fmt: skip
    assert isinstance(cli.model.loss, nn.Module)
    logits, _ = cli.model.outputs()
    assert (logits.argmax(1) == 9).float().mean() > 0.5
