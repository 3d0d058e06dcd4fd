"""A few training steps of a ResNet-18 on 32x32 images with a peer's code; prints images/s.

benchmarks/peers.py runs it with the Python of an environment that has the peers and no imgcls.

All use the usual recipe (SGD 0.1, momentum 0.9, weight decay 5e-4), read the same files, and have
the stem for small images, which replaces two layers of timm's and torchvision's models.
timm's `train.py` is in no wheel. `with_timm` does the same as it when called with `--device cpu
--opt sgd --color-jitter 0` and, for bfloat16, `--amp --amp-dtype bfloat16 --channels-last`: the
same public functions create model, loader, optimizer and loss, in the same loop. Its validation,
checkpoints and averaged weights are left out, in its favour.
"""

import argparse
import logging
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import timm
import torch
from lightning import Callback, LightningModule, Trainer
from stopwatch import Stopwatch
from timm.data import create_dataset, create_loader
from timm.loss import LabelSmoothingCrossEntropy
from timm.optim import create_optimizer_v2
from timm.utils import AverageMeter
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import ImageFolder

CLASSES = 100
MEAN, STD = (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)  # CIFAR-100's training images


def for_small_images(model: Any, options: argparse.Namespace) -> Any:
    """Return a ResNet with a 3x3 stem that keeps the size, in the requested memory format."""
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    if options.bfloat16:
        model.to(memory_format=torch.channels_last)
    return model.train()


def usual_loader(options: argparse.Namespace) -> DataLoader[Any]:
    """Return a `DataLoader` with torchvision's transforms of each image, as in tutorials."""
    transform = transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )
    images = ImageFolder(options.folder / "train", transform)
    return DataLoader(images, options.batch_size, shuffle=True, num_workers=options.workers)


def usual_optimizer(model: nn.Module) -> torch.optim.Optimizer:
    """Return the SGD of the usual recipe."""
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)


def with_bare_loop(options: argparse.Namespace, watch: Stopwatch) -> None:
    """Train with only PyTorch and torchvision."""
    model = for_small_images(models.resnet18(num_classes=CLASSES), options)
    optimizer = usual_optimizer(model)
    for inputs, labels in islice(usual_loader(options), watch.warmup + options.steps):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
            loss: Any = functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        watch.step(len(labels))


class PlainModule(LightningModule):
    """The module of a Lightning tutorial."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """Return the loss."""
        inputs, labels = batch
        loss = functional.cross_entropy(self.model(inputs), labels)
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the usual optimizer."""
        return usual_optimizer(self.model)


class StepClock(Callback):
    """Calls a stopwatch after each step."""

    def __init__(self, watch: Stopwatch) -> None:
        self.watch = watch

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Call it."""
        self.watch.step(len(batch[1]))


def with_lightning(options: argparse.Namespace, watch: Stopwatch) -> None:
    """Train with a plain `Trainer`; checkpoints, logger and bar are off, in its favour."""
    model = for_small_images(models.resnet18(num_classes=CLASSES), options)
    trainer = Trainer(
        accelerator="cpu",
        precision="bf16-mixed" if options.bfloat16 else "32-true",
        max_epochs=1,
        limit_train_batches=watch.warmup + options.steps,
        callbacks=[StepClock(watch)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(PlainModule(model), usual_loader(options))


def with_timm(options: argparse.Namespace, watch: Stopwatch) -> None:
    """Train like timm's `train.py`."""
    model = for_small_images(timm.create_model("resnet18", num_classes=CLASSES), options)
    layout = torch.channels_last if options.bfloat16 else torch.contiguous_format
    loader = create_loader(
        create_dataset("", root=options.folder, split="train", is_training=True),
        (3, 32, 32),
        options.batch_size,
        is_training=True,
        color_jitter=None,
        interpolation="random",
        mean=MEAN,
        std=STD,
        num_workers=options.workers,
        persistent_workers=options.workers > 0,
        device=torch.device("cpu"),
    )
    optimizer = create_optimizer_v2(model, "sgd", lr=0.1, momentum=0.9, weight_decay=5e-4)
    loss_of = LabelSmoothingCrossEntropy(0.1)
    losses = AverageMeter()
    for inputs, labels in islice(loader, watch.warmup + options.steps):
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16):
            loss = loss_of(model(inputs.contiguous(memory_format=layout)), labels)
        loss.backward()
        optimizer.step()
        losses.update(loss.item(), len(labels))
        optimizer.zero_grad()
        watch.step(len(labels))


LOOPS = {"bare": with_bare_loop, "lightning": with_lightning, "timm": with_timm}


def main() -> None:
    """Train a few steps and print the speed as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loop", choices=LOOPS)
    parser.add_argument("folder", type=Path, help="holds train/<class>/*.png")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="and channels last")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    watch = Stopwatch(options.warmup)
    LOOPS[options.loop](options, watch)
    print(watch.images_per_second)


if __name__ == "__main__":
    main()
