"""What only a GPU can show: ``python -m pytest -m gpu`` on a machine that has one."""

import json
from typing import Any

import pytest
import torch
from commands import Command, Fit, curve, same_weights
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from imgcls import models, transforms
from imgcls.data.images import Images
from imgcls.models import Classifier
from imgcls.models.whitening import Whitening
from imgcls.transforms import Draws

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]
GPU = torch.device("cuda", 0)
EAGER = ("--config", "gpu", "--machine.compile", "false")
SAME_EACH_TIME = (*EAGER, "--trainer.deterministic", "true", "--trainer.benchmark", "false")
STOP = '{"class_path": "odd_parts.SignalInEpoch", "init_args": {"epoch": 1, "name": "SIGTERM"}}'
NAMES = [name for name in models.__all__ if name != "Classifier"]
AUGMENTATIONS = [
    transforms.RandomFlip(),
    transforms.AlternatingFlip(),
    transforms.RandomCrop(),
    transforms.RandomAffine(),
    transforms.Cutout(),
    transforms.ProgressiveResize(start=20, until=0.6),
]


class NoWaiting(Callback):
    """Lets torch raise where a step of training waits for the GPU."""

    steps = 0

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """The first step compares outputs with probabilities, which asks once."""
        if trainer.global_step:
            torch.cuda.set_sync_debug_mode("error")
        NoWaiting.steps += 1

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.cuda.set_sync_debug_mode("default")


def made_images(number: int = 64) -> Images:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (number, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return Images(pixels, torch.arange(number) % 3)


def test_a_run_on_the_gpu_says_so_and_learns(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    run = fit(*EAGER, epochs=10)
    result = json.loads((run / "result.json").read_text())
    assert result["device"] == torch.cuda.get_device_name(GPU)
    assert result["val"]["accuracy"] > 0.9
    assert "precision bf16-mixed" in capsys.readouterr().out or not torch.cuda.is_bf16_supported()


@pytest.mark.parametrize("compile", ["true", "reduce-overhead"])
def test_a_compiled_backbone_learns_what_an_ordinary_one_does(compile: str, fit: Fit) -> None:
    flags = ("--config", "gpu", "--trainer.precision", "32-true")
    plain = curve(fit(*flags, "--machine.compile", "false", epochs=2))
    compiled = curve(fit(*flags, "--machine.compile", compile, epochs=2))
    for one, other in zip(plain, compiled, strict=True):
        assert float(other["train/loss"]) == pytest.approx(float(one["train/loss"]), rel=0.02)


def test_the_same_is_learned_from_resident_pictures(fit: Fit) -> None:
    resident = fit(*SAME_EACH_TIME, epochs=2)
    copied = fit(*SAME_EACH_TIME, "--machine.resident", "false", epochs=2)
    assert same_weights(resident, copied)
    assert curve(resident) == curve(copied)


def test_float16_trains_with_its_scaler(fit: Fit) -> None:
    run = fit(*EAGER, "--trainer.precision", "16-mixed")
    assert float(curve(run)[-1]["train/loss"]) < 2.3


@pytest.mark.parametrize("resident", ["true", "false"])
@pytest.mark.parametrize("compile", ["true", "false"])
def test_no_step_waits_for_the_gpu(resident: str, compile: str, fit: Fit) -> None:
    NoWaiting.steps = 0
    try:
        fit(
            *("--config", "gpu", "--machine.resident", resident, "--machine.compile", compile),
            *("--trainer.callbacks+", "test_gpu.NoWaiting", "--trainer.enable_progress_bar=false"),
            *("--trainer.callbacks+", "EMAWeightAveraging"),
        )
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert NoWaiting.steps > 10


@pytest.mark.parametrize("name", NAMES)
def test_every_model_takes_a_step_in_bfloat16(name: str) -> None:
    kind: type[Classifier] = getattr(models, name)
    channels = 6 if kind.num_inputs == 2 else 3
    model = kind(num_classes=3, image_shape=(3, 32, 32))
    model.to(GPU, memory_format=torch.channels_last)
    inputs = torch.rand(8, channels, 32, 32, device=GPU)
    fed = inputs.chunk(2, 1) if kind.num_inputs == 2 else inputs
    with torch.autocast("cuda", torch.bfloat16):
        loss: Tensor = model.loss(model(fed), torch.arange(8, device=GPU) % 3)
    loss.backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(loss)
    assert all(
        torch.isfinite(each.grad).all() for each in model.parameters() if each.grad is not None
    )


@pytest.mark.parametrize("augmentation", AUGMENTATIONS, ids=lambda each: type(each).__name__)
def test_a_picture_meets_the_same_augmentation_as_on_a_cpu(augmentation: Any) -> None:
    images = made_images()
    index = torch.arange(len(images))
    here = augmentation(images.pixels, Draws(0, 3, index, 0.3))
    there = augmentation(images.pixels.to(GPU), Draws(0, 3, index, 0.3, GPU))
    assert there.device == GPU
    assert (there.cpu().float() - here.float()).abs().max() <= 1  # of 255


def test_a_resumed_run_repeats_an_unbroken_one(fit: Fit, command: Command) -> None:
    whole = fit(*SAME_EACH_TIME, epochs=3)
    stopped = fit(*SAME_EACH_TIME, "--trainer.callbacks+", STOP, epochs=3)
    assert len(curve(stopped)) == 2
    command("fit", "--ckpt_path", stopped)
    assert same_weights(whole, stopped)
    assert curve(whole) == curve(stopped)


def test_a_checkpoint_of_a_gpu_is_tested_on_a_cpu(fit: Fit, command: Command) -> None:
    run = fit(*EAGER, epochs=3)
    command("test", "--ckpt_path", run, "--trainer.accelerator", "cpu")
    result = json.loads((run / "result.json").read_text())
    assert result["test"]["accuracy"] == pytest.approx(result["val"]["accuracy"], abs=0.1)


def test_drawing_callbacks_draw(fit: Fit) -> None:
    names = ("FeatureTSNE", "FeatureProjector", "ActivationGrid", "ScoreFigures")
    drawing = [flag for name in names for flag in ("--trainer.callbacks+", name)]
    run = fit("--config", "gpu", *drawing)
    assert list(run.glob("events.*"))


def test_a_gpu_too_small_is_told_in_a_line(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    share = 600 * 2**20 / torch.cuda.mem_get_info(GPU)[1]
    torch.cuda.set_per_process_memory_fraction(share, GPU)
    try:
        with pytest.raises(SystemExit):
            fit(
                *(*EAGER, "--data.batch_size", 1000),
                *("--model", "ResNet18", "--model.width", 256),
            )
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, GPU)
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "batch_size" in line
    assert "1000" in line


def test_a_whitening_stem_is_fitted(command: Command) -> None:
    net = ("--model", "SpeedNet", "--model.channels", "[8, 16]")
    cli = command("fit", "--data", "Digits", *net, "--trainer.max_epochs", 1, *EAGER)
    (stem,) = (layer for layer in cli.model.modules() if isinstance(layer, Whitening))
    assert stem.is_fitted
    assert torch.isfinite(stem.weight).all()
