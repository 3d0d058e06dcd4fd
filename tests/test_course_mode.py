"""Curves of the test split, as some courses ask for them, and their price."""

from pathlib import Path

import pytest
import torch
from commands import Command, Fit, curve, same_weights

from imgcls.runs.run import Run

ON_TEST = "--data.validate_on=test"
WHOLE = "--data.val_fraction=0"


def test_the_curves_are_those_of_the_test_split(fit: Fit, command: Command) -> None:
    run = fit(ON_TEST, WHOLE, epochs=2)

    row = curve(run)[-1]
    command("test", "--ckpt_path", run)

    scores = Run(run).result["test"]
    assert scores["images"] == 360
    assert float(row["val/acc"]) == pytest.approx(scores["accuracy"])
    assert float(row["val/loss"]) == pytest.approx(scores["loss"], rel=1e-5)


def test_no_best_weights_are_chosen_and_the_result_says_so(fit: Fit) -> None:
    run = fit(ON_TEST, epochs=2)

    assert [path.name for path in (run / "checkpoints").iterdir()] == ["last.ckpt"]
    result = Run(run).result
    assert result["validated_on"] == "test"
    assert result["checkpoint"] == "checkpoints/last.ckpt"
    assert result["weights"] == "last, epoch 2"
    assert result["val"]["images"] == 144  # the split that was held out, not that of the curves
    assert "test" not in result
    assert "val" not in Run(fit(ON_TEST, WHOLE)).result


def test_an_honest_run_is_marked_as_one(trained: Path) -> None:
    assert Run(trained).result["validated_on"] == "val"
    assert Run(trained).result["test_evaluations"] == 0


def test_looking_changes_nothing_that_is_learned(fit: Fit) -> None:
    assert same_weights(fit(WHOLE, epochs=2), fit(ON_TEST, WHOLE, epochs=2))


def test_it_is_printed_loudly(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    fit(ON_TEST, WHOLE)

    printed = capsys.readouterr().out
    assert (
        "\ncourse mode: val/loss and val/acc are of the TEST split (360 images);\n"
        "each epoch counts as an evaluation of it, and no best weights are chosen\n"
    ) in printed
    head, line = printed.splitlines()[4:6]
    assert " test loss " in head
    assert line.split()[0] == "1/1"
    assert "*" not in line
    fit()
    assert "course mode" not in capsys.readouterr().out


def test_every_epoch_counts_as_an_evaluation_also_in_a_resumed_run(
    fit: Fit, command: Command
) -> None:
    unbroken = fit(ON_TEST, epochs=3)
    Path("stop.yaml").write_text(
        "trainer: {callbacks: [{class_path: odd_parts.SignalInEpoch, "
        "init_args: {epoch: 1, name: SIGTERM}}]}\n"
    )
    run = fit(ON_TEST, "--config", "stop.yaml", epochs=3)
    assert len(curve(run)) == 2
    command("test", "--ckpt_path", run / "checkpoints" / "last.ckpt")
    assert Run(run).result["test_evaluations"] == 1

    command("fit", "--ckpt_path", run)

    assert same_weights(run, unbroken)
    assert curve(run) == curve(unbroken)
    assert Run(unbroken).result["test_evaluations"] == 3
    assert Run(run).result["test_evaluations"] == 3 + 1
    command("test", "--ckpt_path", run)
    assert Run(run).result["test_evaluations"] == 3 + 2


def test_validating_evaluates_the_test_split_and_counts(
    fit: Fit, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fit(ON_TEST)
    capsys.readouterr()

    cli = command("validate", "--ckpt_path", run)

    assert capsys.readouterr().out.startswith("test       accuracy ")
    assert torch.equal(cli.model.outputs()[1], cli.datamodule.test_images.labels)
    assert Run(run).result["test_evaluations"] == 1 + 1
