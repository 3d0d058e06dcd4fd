import json
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Command, Fit, curve, same_weights, weights
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

EMA = "{class_path: WeightEMA, init_args: {decay: 0.9}}"
LIGHTNINGS = "EMAWeightAveraging"
STOP = "{class_path: odd_parts.SignalInEpoch, init_args: {epoch: 1, name: SIGTERM}}"


def averaged(fit: Fit, *callbacks: str, epochs: int = 3, batches: int = 1) -> Path:
    listed = ", ".join((EMA, *callbacks))
    Path("ema.yaml").write_text(
        f"trainer: {{callbacks: [{listed}], accumulate_grad_batches: {batches}}}\n"
    )
    return fit("--config", "ema.yaml", "--model.optimizer.lr", 0.02, epochs=epochs)


def content(run: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    return loaded


def test_the_best_weights_are_those_that_were_validated(fit: Fit) -> None:
    run = averaged(fit)
    best = max(float(row["val/acc"]) for row in curve(run))
    assert json.loads((run / "result.json").read_text())["val"]["accuracy"] == pytest.approx(best)
    assert not same_weights(run, fit("--model.optimizer.lr", 0.02, epochs=3), "best")


@pytest.mark.parametrize("batches", [1, 3])
def test_a_stopped_average_goes_on(batches: int, fit: Fit, command: Command) -> None:
    whole = averaged(fit, batches=batches)
    part = averaged(fit, STOP, batches=batches)
    assert len(curve(part)) == 2
    command("fit", "--ckpt_path", part)
    assert curve(part) == curve(whole)
    assert same_weights(part, whole)
    assert same_weights(part, whole, "best")
    ours, theirs = content(part), content(whole)
    for key in ("current_model_state", "averaging_state"):
        torch.testing.assert_close(ours[key], theirs[key], rtol=0, atol=0)
    kept = [state for name, state in ours["callbacks"].items() if "WeightEMA" in name]
    assert kept == [{"latest_update_step": theirs["global_step"]}]


def test_an_averaged_run_is_tested_without_a_word_about_it(
    fit: Fit, command: Command, capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    run = averaged(fit, epochs=1)
    recwarn.clear()
    capsys.readouterr()
    command("test", "--ckpt_path", run)
    assert [str(each.message) for each in recwarn if "verag" in str(each.message)] == []
    assert "verag" not in capsys.readouterr().err


NORMED = ("--model", "CNN", "--model.channels", "[4, 8]", "--model.optimizer.lr", 0.02)


@pytest.mark.parametrize("batches", [1, 3])
def test_the_average_is_that_of_lightning(batches: int, fit: Fit) -> None:
    flags = ("--trainer.accumulate_grad_batches", batches)
    ours, theirs, plain = (
        weights(fit(*NORMED, *flags, "--trainer.callbacks", each, epochs=2))
        for each in (EMA, EMA.replace("WeightEMA", LIGHTNINGS), "[]")
    )
    assert ours.keys() == theirs.keys()
    for name, weight in ours.items():
        if weight.is_floating_point():
            torch.testing.assert_close(weight, theirs[name], rtol=1e-4, atol=1e-6)
        else:
            assert weight == plain[name]  # Lightning's is an average, cut off


class Formula(Callback):
    """Averages by the formula of the paper, a tensor at a time."""

    average: dict[str, Tensor]
    steps = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        type(self).steps = 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self.steps:
            return
        type(self).steps = trainer.global_step
        current = {name: weight.clone() for name, weight in pl_module.state_dict().items()}
        if self.steps > 1:
            for name, weight in current.items():
                if weight.is_floating_point():
                    current[name] = torch.lerp(self.average[name], weight, 1 - 0.9)
        type(self).average = current


@pytest.mark.parametrize("batches", [1, 3])
def test_the_average_is_that_of_the_formula(batches: int, fit: Fit) -> None:
    flags = ("--trainer.accumulate_grad_batches", batches)
    callbacks = f"[{EMA}, {{class_path: test_weight_averaging.Formula}}]"
    run = fit(*NORMED, *flags, "--trainer.callbacks", callbacks, epochs=2)
    assert Formula.steps == content(run)["global_step"] > 10
    torch.testing.assert_close(weights(run), Formula.average, rtol=0, atol=0)
