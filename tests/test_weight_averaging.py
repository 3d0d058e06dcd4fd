import json
from pathlib import Path

import pytest
import torch
from commands import Command, Fit, curve, same_weights, weights

EMA = "{class_path: WeightEMA, init_args: {decay: 0.9}}"
LIGHTNINGS = "EMAWeightAveraging"
STOP = "{class_path: odd_parts.SignalInEpoch, init_args: {epoch: 1, name: SIGTERM}}"


def averaged(fit: Fit, *callbacks: str, epochs: int = 3) -> Path:
    listed = ", ".join((EMA, *callbacks))
    Path("ema.yaml").write_text(f"trainer: {{callbacks: [{listed}]}}\n")
    return fit("--config", "ema.yaml", "--model.optimizer.lr", 0.02, epochs=epochs)


def test_the_best_weights_are_those_that_were_validated(fit: Fit) -> None:
    run = averaged(fit)
    best = max(float(row["val/acc"]) for row in curve(run))
    assert json.loads((run / "result.json").read_text())["val"]["accuracy"] == pytest.approx(best)
    assert not same_weights(run, fit("--model.optimizer.lr", 0.02, epochs=3), "best")


def test_a_stopped_average_goes_on(fit: Fit, command: Command) -> None:
    whole = averaged(fit)
    part = averaged(fit, STOP)
    assert len(curve(part)) == 2
    command("fit", "--ckpt_path", part)
    assert curve(part) == curve(whole)
    assert same_weights(part, whole)
    assert same_weights(part, whole, "best")


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
