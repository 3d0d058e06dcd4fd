from types import SimpleNamespace
from typing import Any

import pytest
import torch
from commands import Command

from imgcls.callbacks import MixedPrecision
from imgcls.callbacks.mixed_precision import choose

CUDA = torch.device("cuda", 0)
CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("capability", "precision", "reason"),
    [
        ((9, 0), "bf16-mixed", "GPU X computes in bfloat16"),
        ((8, 0), "bf16-mixed", "GPU X computes in bfloat16"),
        ((7, 5), "16-mixed", "GPU X has float16 tensor cores but no bfloat16"),
        ((7, 0), "16-mixed", "GPU X has float16 tensor cores but no bfloat16"),
        ((6, 1), "32-true", "GPU X has no tensor cores"),
    ],
)
def test_a_gpu_gets_the_best_it_has(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], precision: str, reason: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "GPU X")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose(CUDA) == (precision, reason)


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, "bf16-mixed"),
        ({"amx_bf16": True}, "bf16-mixed"),
        ({"avx512_bf16": False, "avx2": True}, "32-true"),
        ({}, "32-true"),
    ],
)
def test_a_processor_gets_bfloat16_only_if_it_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], precision: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert choose(CPU)[0] == precision


def test_other_devices_stay_in_full_precision() -> None:
    assert choose(torch.device("mps")) == ("32-true", "mps gains nothing from lower precision")


def trainer_of(precision: str) -> Any:
    strategy = SimpleNamespace(root_device=CPU, precision_plugin=None)
    return SimpleNamespace(precision=precision, strategy=strategy, is_global_zero=True)


def test_it_sets_the_trainers_precision_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    trainer = trainer_of("32-true")
    MixedPrecision().setup(trainer, SimpleNamespace(), "fit")  # type: ignore[arg-type]
    assert trainer.strategy.precision_plugin.precision == "bf16-mixed"
    line = "precision bf16-mixed: the processor multiplies bfloat16 natively\n"
    assert capsys.readouterr().out == line


def test_a_precision_given_by_hand_stays(capsys: pytest.CaptureFixture[str]) -> None:
    trainer = trainer_of("64-true")
    MixedPrecision().setup(trainer, SimpleNamespace(), "fit")  # type: ignore[arg-type]
    assert trainer.strategy.precision_plugin is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("flags", "precision"), [([], "bf16-mixed"), (["32-true"], "32-true")])
def test_full_precision_can_be_asked_for(
    flags: list[str], precision: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    asked = [part for flag in flags for part in ("--trainer.precision", flag)]
    trained = ["fit", "--config", "digits_cnn", "--trainer.max_epochs", 1]
    cli = command(*trained, "--trainer.callbacks", "MixedPrecision", *asked)
    assert cli.trainer.precision == precision
