"""No step of training waits for its device, which a GPU would have to finish its work for.

The device is torch's meta device: it has no numbers to ask for, so whoever asks raises.
"""

from typing import Any

import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.accelerators import CPUAccelerator
from lightning.pytorch.callbacks import EMAWeightAveraging
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import Tensor
from torch.overrides import TorchFunctionMode

from imgcls import models, transforms
from imgcls.callbacks import SeedSteps, StopOnNonFiniteLoss, TrainingClock, WeightEMA
from imgcls.data import CIFAR100Sobel, ImageDataModule
from imgcls.data.images import Images
from imgcls.data.sources.pixel_source import OfficialSplit
from imgcls.losses import CrossEntropy, Focal, Penalty
from imgcls.models import Classifier

IMAGES, BATCH = 40, 8
NAMES = [name for name in models.__all__ if name != "Classifier"]
AUGMENTATIONS = [
    transforms.RandomFlip(),
    transforms.AlternatingFlip(),
    transforms.RandomCrop(),
    transforms.RandomAffine(),
    transforms.Cutout(),
]


def made_images() -> Images:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (IMAGES, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return Images(pixels, torch.arange(IMAGES) % 3)


class Made(ImageDataModule):
    classes = ("a", "b", "c")
    image_shape = (3, 32, 32)
    mean, std = (0.5, 0.5, 0.5), (0.29, 0.29, 0.29)

    def load(self, split: OfficialSplit) -> Images:
        return made_images()


class MadePairs(CIFAR100Sobel):
    classes = ("a", "b", "c")

    def prepare_data(self) -> None:
        pass

    def load(self, split: OfficialSplit) -> Images:
        return made_images()


class AnyDevice(CPUAccelerator):
    def setup_device(self, device: torch.device) -> None:
        pass


class OnMeta(SingleDeviceStrategy):
    """Trains on the meta device, from which no model comes back."""

    def __init__(self) -> None:
        super().__init__("meta", AnyDevice())

    def reduce(self, tensor: Any, *given: Any, **named: Any) -> Any:
        return BATCH  # Lightning asks once how many batches there are

    def teardown(self) -> None:
        pass


class NoWaitingCopies(TorchFunctionMode):
    """Refuses copies to the device that wait until they have arrived, while ``steps`` are run."""

    def __init__(self, steps: "Steps") -> None:
        super().__init__()
        self.steps = steps

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self.steps.watched and isinstance(result, Tensor) and result.device.type == "meta":
            given = [each for each in args if isinstance(each, Tensor)]
            sent = given and all(each.device.type == "cpu" for each in given)
            if (sent or func in (torch.tensor, torch.as_tensor)) and not kwargs.get("non_blocking"):
                raise RuntimeError(f"{func} waits for its copy: make it non_blocking")
        return result


class EpochEndedError(Exception):
    pass


class Steps(Callback):
    """Counts the steps of the epoch and ends the run behind them, before their means are read."""

    number = 0
    watched = False

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.watched = True

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert outputs["loss"].device.type == batch.targets.device.type == "meta"
        self.number += 1

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        raise EpochEndedError


@pytest.fixture(autouse=True)
def what_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what asks once a run, and let the meta device hold images."""
    monkeypatch.setattr("imgcls.models.classifier.are_probabilities", lambda logits: False)
    monkeypatch.setattr("imgcls.models.whitening.Whitening.fit", lambda self, images: None)
    monkeypatch.setattr("imgcls.data.resident.DEVICES", ("meta",))
    monkeypatch.setattr("imgcls.data.resident.free_bytes", lambda device: 2**30)


def train(
    model: Classifier, data: ImageDataModule, resident: bool = True, *callbacks: Callback
) -> None:
    data.resident = resident
    steps = Steps()
    trainer = Trainer(
        strategy=OnMeta(),
        max_epochs=1,
        limit_val_batches=0,
        callbacks=[steps, SeedSteps(0), TrainingClock(), StopOnNonFiniteLoss(), *callbacks],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with pytest.raises(EpochEndedError), NoWaitingCopies(steps):
        trainer.fit(model, datamodule=data)
    assert steps.number == IMAGES // BATCH


def made(kind: type[ImageDataModule] = Made, **arguments: Any) -> ImageDataModule:
    return kind(batch_size=BATCH, val_fraction=0, **arguments)


@pytest.mark.parametrize("name", NAMES)
def test_no_model_asks(name: str) -> None:
    kind: type[Classifier] = getattr(models, name)
    data = made(MadePairs if kind.num_inputs == 2 else Made)
    train(kind(3, (3, 32, 32)), data)


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("mix", [transforms.MixUp(), transforms.CutMix(), None])
def test_no_augmentation_asks(resident: bool, mix: transforms.Mix | None) -> None:
    data = made(augment=AUGMENTATIONS, mix=mix, one_hot=True)
    train(models.SmallCNN(3, (3, 32, 32)), data, resident)


def test_a_size_that_grows_asks_nothing() -> None:
    train(models.SpeedNet(3, (3, 32, 32)), made(augment=[transforms.ProgressiveResize()]))


@pytest.mark.parametrize(
    "loss", [CrossEntropy(smoothing=0.1, class_weights=(1.0, 2.0, 3.0)), Focal()]
)
def test_no_loss_asks(loss: torch.nn.Module) -> None:
    training: dict[str, Any] = {"loss": loss, "penalties": [Penalty("l2", 0.1)]}
    train(models.SmallCNN(3, (3, 32, 32), **training), made())


def test_averaging_asks_nothing() -> None:
    model, average = models.ResNet18(3, (3, 32, 32), width=4), WeightEMA()
    train(model, made(), True, average)
    content: dict[str, Any] = {"state_dict": model.state_dict()}
    average.on_save_checkpoint(model.trainer, model, content)
    held = [*content["state_dict"].values(), *content["averaging_state"].values()]
    assert {tensor.device.type for tensor in held} == {"meta"}
    with pytest.raises(RuntimeError, match="meta"):
        train(models.SmallCNN(3, (3, 32, 32)), made(), True, EMAWeightAveraging(device="meta"))


class Curious(models.SmallCNN):
    """Asks its device in the way that it is named for."""

    way: str

    def features(self, inputs: Tensor) -> Tensor:
        match self.way:
            case "item":
                inputs = inputs * inputs.mean().item()
            case "if":
                inputs = -inputs if inputs.mean() > 0 else inputs
            case "mask":
                inputs = inputs[inputs[:, 0, 0, 0] > 0]
            case "cpu":
                inputs = inputs + inputs.cpu().mean()
            case "constant":
                inputs = inputs + torch.tensor([0.5], device=inputs.device)
            case "copy":
                inputs = inputs + torch.ones(1, 3, 1, 1).to(inputs.device)
        return super().features(inputs)


@pytest.mark.parametrize("way", ["item", "if", "mask", "cpu", "constant", "copy"])
def test_whoever_asks_is_noticed(way: str) -> None:
    model = Curious(3, (3, 32, 32))
    model.way = way
    with pytest.raises((RuntimeError, NotImplementedError), match=r"meta|unimplemented|waits"):
        train(model, made())
    model = Curious(3, (3, 32, 32))
    model.way = "none"
    train(model, made())
