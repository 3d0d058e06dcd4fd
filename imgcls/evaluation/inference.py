"""Logits of images, without augmentation."""

from contextlib import nullcontext

import torch
from lightning import Trainer
from torch import Tensor

from imgcls.data import ImageDataModule
from imgcls.data.images import Images
from imgcls.models import Classifier


@torch.no_grad()  # tensors of inference mode allow no later gradients
def logits_of(
    model: Classifier, data: ImageDataModule, images: Images, trainer: Trainer | None = None
) -> Tensor:
    """Return logits ``(N, K)`` float32, on the CPU.

    Args:
        model: The model; it is moved to the trainer's device and set to eval mode.
        data: Normalises the images.
        images: Images, at least one; the logits have the same order.
        trainer: Trainer whose precision and device are used; default float32 on the CPU.
    """
    device = trainer.strategy.root_device if trainer else torch.device("cpu")
    precision = trainer.precision_plugin.forward_context if trainer else nullcontext
    model.to(device).eval()
    logits = []
    for batch in data.ordered_loader(images):
        inputs = data.evaluation_batch(batch, device).inputs
        with precision():
            logits.append(model(inputs).float().cpu())
    return torch.cat(logits)
