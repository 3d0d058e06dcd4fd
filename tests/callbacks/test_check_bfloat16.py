import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from commands import Command, Fit, curve, same_weights, weights
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.precision import MixedPrecision
from made_files import made_pixels, write_image
from rehearsal import as_arguments, on_digits
from torch import Tensor, nn
from wrong_kernels import leave_dirt, spoil

from imgcls.callbacks import CheckBfloat16
from imgcls.callbacks.check_bfloat16 import CheckedMixedPrecision
from imgcls.models import checked_bfloat16

BFLOAT16 = ("--trainer.precision", "bf16-mixed")
FAULTY = (32, 32, 3, 3), (4, 4)  # of digits_cnn, after its first pooling
REPEATS = int(os.environ.get("IMGCLS_REPEATS", "2"))  # memory differs from run to run


@pytest.fixture(autouse=True)
def verdicts(monkeypatch: pytest.MonkeyPatch) -> dict[Any, bool]:
    """Return the verdicts of this test's own runs."""
    found: dict[Any, bool] = {}
    monkeypatch.setattr(checked_bfloat16, "verdicts", found)
    return found


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if "bfloat16 is wrong" in line]


class DirtyMemory(Callback):
    """Leaves NaN where gradients come, and collects the names of those that are not finite."""

    bad: list[str]

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, _: Tensor) -> None:
        leave_dirt([weight.numel() for weight in pl_module.parameters()])

    def on_after_backward(self, trainer: Trainer, pl_module: LightningModule) -> None:
        gradients = {name: weight.grad for name, weight in pl_module.named_parameters()}
        self.bad += [
            name for name, each in gradients.items() if each is None or not each.isfinite().all()
        ]


@pytest.mark.parametrize("repeat", range(REPEATS))
def test_resnet_with_its_stem_learns_from_small_images_on_dirty_memory(
    repeat: int, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DirtyMemory, "bad", [], raising=False)
    flags = {**on_digits("caltech101_resnet"), "model.width": 64, "seed_everything": repeat}
    steps = {"trainer.fast_dev_run": 2, "trainer.callbacks": f"{__name__}.DirtyMemory"}
    named = as_arguments({**flags, **steps})
    cli = command("fit", "--config", "caltech101_resnet", *BFLOAT16, *named)
    assert cli.trainer.global_step == 2
    assert DirtyMemory.bad == []
    assert all(each.isfinite().all() for each in cli.model.state_dict().values())


@pytest.mark.parametrize(
    ("flags", "natively", "checked"),
    [
        (BFLOAT16, False, True),
        (("--trainer.callbacks", "MixedPrecision"), True, True),
        (("--trainer.callbacks", "MixedPrecision"), False, False),
        ((), True, False),
    ],
)
def test_every_run_in_bfloat16_is_checked(
    flags: tuple[str, ...],
    natively: bool,
    checked: bool,
    fit: Fit,
    command: Command,
    verdicts: dict[Any, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "imgcls.callbacks.mixed_precision.processor_has_bfloat16"
    monkeypatch.setattr(name, lambda: natively)
    run = fit(*flags)
    assert bool(verdicts) is checked
    verdicts.clear()
    command("test", "--ckpt_path", run)
    assert bool(verdicts) is checked
    verdicts.clear()
    write_image(Path("one.png"), made_pixels(1, shape=(1, 8, 8))[0])
    command("predict", "--ckpt_path", run, "--images", "one.png")
    assert bool(verdicts) is checked


def test_a_gpu_and_other_plugins_are_not_changed() -> None:
    model: Any = nn.Conv2d(1, 1, 1)
    for device, plugin in (("cuda", MixedPrecision), ("cpu", CheckedMixedPrecision)):
        given = object.__new__(plugin)
        strategy = SimpleNamespace(root_device=torch.device(device), precision_plugin=given)
        trainer: Any = SimpleNamespace(strategy=strategy, precision="bf16-mixed")
        CheckBfloat16().setup(trainer, model, "fit")
        assert strategy.precision_plugin is given


@pytest.mark.parametrize("average", [(), ("--trainer.callbacks", "WeightEMA")])
def test_correct_bfloat16_changes_nothing(
    average: tuple[str, ...],
    fit: Fit,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    verdicts: dict[Any, bool],
) -> None:
    checked = fit(*BFLOAT16, *average)
    assert set(verdicts.values()) == {True}
    assert lines(capsys.readouterr().out) == []
    verdicts.clear()
    monkeypatch.setattr(CheckBfloat16, "setup", lambda *_, stage: None)
    plain = fit(*BFLOAT16, *average)
    assert verdicts == {}
    assert same_weights(checked, plain)
    assert curve(checked) == curve(plain)
    contents = [
        torch.load(run / "checkpoints" / "last.ckpt", weights_only=True) for run in (checked, plain)
    ]
    assert contents[0].keys() == contents[1].keys()
    assert contents[0]["callbacks"].keys() == contents[1]["callbacks"].keys()


def test_wrong_bfloat16_is_reported_once_and_the_run_learns(
    fit: Fit,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoil(monkeypatch, *FAULTY)
    run = fit(*BFLOAT16)
    printed = capsys.readouterr()
    assert lines(printed.out) == [
        "bfloat16 is wrong on this processor for Conv2d 32 -> 32, 3x3, stride 1, on 4x4 maps: "
        "computed in float32"
    ]
    assert lines(printed.err) == []
    assert json.loads((run / "result.json").read_text())["train"]["loss"] < 2.5
    assert all(each.isfinite().all() for each in weights(run).values())


def test_without_the_check_the_wrong_kernel_spoils_a_run(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, *FAULTY)
    monkeypatch.setattr(CheckBfloat16, "setup", lambda *_, stage: None)
    with pytest.raises(SystemExit):
        fit(*BFLOAT16)


def test_predictions_are_printed_alone(
    fit: Fit,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = fit(*BFLOAT16)
    spoil(monkeypatch, *FAULTY, what="output")
    write_image(Path("one.png"), made_pixels(1, shape=(1, 8, 8))[0])
    capsys.readouterr()
    command("predict", "--ckpt_path", run, "--images", "one.png")
    printed = capsys.readouterr()
    assert printed.out.startswith("picture,")
    assert "nan" not in printed.out
    assert lines(printed.out) == []
    assert len(lines(printed.err)) == 1


def test_a_compiled_backbone_is_compiled_once(
    fit: Fit, verdicts: dict[Any, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def backend(graph: torch.fx.GraphModule, _: Any) -> Any:
        calls.append(1)
        return graph.forward

    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda given: compile_(given, backend=backend))
    compiled = fit(*BFLOAT16, "--machine.compile", "true", "--data.batch_size", 431, epochs=2)
    assert len(calls) == 1
    assert verdicts  # those of the head and of validation
    assert same_weights(compiled, fit(*BFLOAT16, "--data.batch_size", 431, epochs=2))
