"""A model's logits on any pictures, without augmentation."""

import torch
from lightning import Trainer
from torch import Tensor

from imgcls.data import ImageDataModule
from imgcls.data.images import Images
from imgcls.models import Classifier


def predict_logits(
    model: Classifier, data: ImageDataModule, images: Images, trainer: Trainer
) -> tuple[Tensor, Tensor]:
    """Return logits ``(N, K)`` float32 and labels ``(N,)``, at the trainer's precision and device.

    Args:
        model: Left on the trainer's device, in eval mode.
        data: Normalises the pictures.
        images: Pictures in the order of the result.
        trainer: Must not be training, else the data would augment.
    """
    device = trainer.strategy.root_device
    model.to(device).eval()  # weights that were moved in inference mode would have no gradients
    logits, labels = [], []
    with torch.inference_mode():
        for batch in data.ordered_loader(images):
            moved = data.on_after_batch_transfer(data.transfer_batch_to_device(batch, device, 0), 0)
            with trainer.precision_plugin.forward_context():
                logits.append(model(moved.inputs).float().cpu())
            labels.append(moved.labels.cpu())
    return torch.cat(logits), torch.cat(labels)
