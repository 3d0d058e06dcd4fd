"""What only a GPU can show: ``python -m pytest -m gpu`` on a machine that has one."""

import json
from typing import Any

import pytest
import torch
from commands import Command, Fit, curve, same_weights
from lightning import Callback, LightningModule, Trainer
from test_no_waiting import AUGMENTATIONS, NAMES, made_images
from torch import Tensor

from imgcls import models
from imgcls.models import Classifier, ResNet18
from imgcls.models.cuda_graphs import GraphedTraining
from imgcls.models.whitening import Whitening
from imgcls.optimizers.muon import orthogonalised
from imgcls.transforms import Draws, ProgressiveResize

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:The AccumulateGrad node's stream"),  # as the command does
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]
GPU = torch.device("cuda", 0)
PLAIN = ("--config", "gpu", "--machine.cuda_graphs", "false")
SAME_EACH_TIME = (*PLAIN, "--trainer.deterministic", "true")
STOP = '{"class_path": "odd_parts.SignalInEpoch", "init_args": {"epoch": 1, "name": "SIGTERM"}}'
ALL_AUGMENTATIONS = [*AUGMENTATIONS, ProgressiveResize(start=20, until=0.6)]


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

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.cuda.set_sync_debug_mode("default")


def test_a_run_on_the_gpu_says_so_and_learns(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    run = fit(*PLAIN, epochs=10)
    result = json.loads((run / "result.json").read_text())
    assert result["device"] == torch.cuda.get_device_name(GPU)
    assert result["val"]["accuracy"] > 0.9
    assert "precision bf16-mixed" in capsys.readouterr().out or not torch.cuda.is_bf16_supported()


@pytest.mark.filterwarnings("ignore")  # compiling, torch warns of parts of its own
@pytest.mark.parametrize("quicker", ["compile", "cuda_graphs"])
def test_a_quicker_way_learns_the_same(quicker: str, fit: Fit) -> None:
    flags = (*PLAIN, "--trainer.precision", "32-true")
    plain = curve(fit(*flags, epochs=2))
    other = curve(fit(*flags, f"--machine.{quicker}", "true", epochs=2))
    for one, two in zip(plain, other, strict=True):
        assert float(two["train/loss"]) == pytest.approx(float(one["train/loss"]), rel=0.02)


def test_a_graph_computes_what_the_backbone_does() -> None:
    nets = [ResNet18(num_classes=3, image_shape=(3, 32, 32), width=8).to(GPU) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    nets[1].training_backbone = GraphedTraining(nets[1].backbone)
    for size in (32, 24, 32):
        inputs = torch.rand(8, 3, size, size, device=GPU)
        for model in nets:
            model.zero_grad()
            model(inputs).square().sum().backward()
    eager, graphed = (
        [*model.buffers(), *(each.grad for each in model.parameters())] for model in nets
    )
    for one, other in zip(eager, graphed, strict=True):
        assert one is not None
        torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-3)


def test_orthogonal_steps_are_those_of_a_cpu() -> None:
    given = torch.randn(3, 16, 72, generator=torch.Generator().manual_seed(0))
    made = orthogonalised(given.to(GPU), steps=3)
    torch.testing.assert_close(made.cpu(), orthogonalised(given, steps=3), rtol=0, atol=0.02)


def test_accumulated_gradients_and_graphs_exclude_each_other(
    fit: Fit, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        fit("--config", "gpu", "--trainer.accumulate_grad_batches", 2)
    assert "cuda_graphs" in capsys.readouterr().err


def test_the_same_is_learned_from_resident_images(fit: Fit) -> None:
    resident = fit(*SAME_EACH_TIME, epochs=2)
    copied = fit(*SAME_EACH_TIME, "--machine.resident", "false", epochs=2)
    assert same_weights(resident, copied)
    assert curve(resident) == curve(copied)


def test_float16_trains_with_its_scaler(fit: Fit) -> None:
    run = fit(*PLAIN, "--trainer.precision", "16-mixed", epochs=10)
    assert float(curve(run)[-1]["val/acc"]) > 0.9


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("resident", ["true", "false"])
@pytest.mark.parametrize("cuda_graphs", ["true", "false"])
@pytest.mark.parametrize("optimizer", ["torch.optim.AdamW", "imgcls.optimizers.Muon"])
def test_no_step_waits_for_the_gpu(
    resident: str, cuda_graphs: str, optimizer: str, fit: Fit
) -> None:
    NoWaiting.steps = 0
    try:
        fit(
            *("--config", "gpu", "--trainer.enable_progress_bar=false"),
            *("--machine.resident", resident, "--machine.cuda_graphs", cuda_graphs),
            *("--model.optimizer", optimizer, "--model.optimizer.lr", 0.01),
            *("--trainer.callbacks+", "test_gpu.NoWaiting", "--trainer.callbacks+", "WeightEMA"),
        )
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert NoWaiting.steps > 8


@pytest.mark.parametrize("graphed", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_every_model_takes_steps_in_bfloat16(name: str, graphed: bool) -> None:
    kind: type[Classifier] = getattr(models, name)
    channels = 6 if kind.num_inputs == 2 else 3
    model = kind(num_classes=3, image_shape=(3, 32, 32))
    model.to(GPU, memory_format=torch.channels_last)
    inputs = torch.rand(8, channels, 32, 32, device=GPU)
    fed = inputs.chunk(2, 1) if kind.num_inputs == 2 else inputs
    if graphed:
        model.training_backbone = GraphedTraining(model.backbone)
    for _ in range(2):
        model.zero_grad()
        with torch.autocast("cuda", torch.bfloat16):
            loss: Tensor = model.loss(model(fed), torch.arange(8, device=GPU) % 3)
        loss.backward()  # type: ignore[no-untyped-call]
        assert torch.isfinite(loss)
    learned = [each for each in model.parameters() if each.requires_grad]
    assert all(each.grad is not None and torch.isfinite(each.grad).all() for each in learned)


@pytest.mark.parametrize("augmentation", ALL_AUGMENTATIONS, ids=lambda each: type(each).__name__)
def test_an_image_meets_the_same_augmentation_as_on_a_cpu(augmentation: Any) -> None:
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


@pytest.mark.filterwarnings("ignore:GPU available but not used")
def test_a_checkpoint_of_a_gpu_is_tested_on_a_cpu(fit: Fit, command: Command) -> None:
    run = fit(*PLAIN, epochs=3)
    command("test", "--ckpt_path", run, "--trainer.accelerator", "cpu")
    result = json.loads((run / "result.json").read_text())
    assert result["test"]["accuracy"] == pytest.approx(result["val"]["accuracy"], abs=0.1)


def test_drawing_callbacks_draw(fit: Fit) -> None:
    names = ("FeatureTSNE", "FeatureProjector", "ActivationGrid", "ScoreFigures")
    drawing = [flag for name in names for flag in ("--trainer.callbacks+", name)]
    run = fit("--config", "gpu", *drawing)
    drawn = {path.name.partition("_")[0] for path in (run / "pictures").glob("*.png")}
    assert {"grad", "tsne", "activations"} <= drawn


def test_a_gpu_too_small_is_told_in_a_line(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    fraction = 600 * 2**20 / torch.cuda.mem_get_info(GPU)[1]
    torch.cuda.set_per_process_memory_fraction(fraction, GPU)
    try:
        with pytest.raises(SystemExit):
            fit(
                *(*PLAIN, "--data.batch_size", 1000),
                *("--model", "ResNet18", "--model.width", 256),
            )
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, GPU)
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert "batch_size" in line
    assert "memory" in line


def test_a_whitening_stem_is_fitted(command: Command) -> None:
    net = ("--model", "SpeedNet", "--model.channels", "[8, 16]")
    cli = command("fit", "--data", "Digits", *net, "--trainer.max_epochs", 1, *PLAIN)
    (stem,) = (layer for layer in cli.model.modules() if isinstance(layer, Whitening))
    assert stem.is_fitted
    assert torch.isfinite(stem.weight).all()
