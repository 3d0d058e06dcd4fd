"""Robustness to common corruptions of the test images."""

from collections import defaultdict
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from imgcls.data.image_data import data_of
from imgcls.transforms.corruptions import corrupted
from imgcls.transforms.draws import Draws


class Robustness(Callback):
    """Measure the accuracy on corrupted test images, in addition to that on the original ones.

    In the same pass of `imgcls test`, the model predicts each image under noise, blur, higher
    brightness and lower contrast, at the five severities of `imgcls.transforms.corruptions`. They
    are applied to the pixels, before normalisation and before a gradient is computed.
    ``result.json`` has the accuracies under ``test_shifted``, from the lowest severity to the
    highest; the scores under ``test`` do not change. The pass takes about 21 times as long.

    Args:
        seed: Seed of the noise, which depends on the image and not on its batch.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._logits: defaultdict[tuple[str, int], list[Tensor]] = defaultdict(list)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin a new collection."""
        self._logits.clear()

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Collect the logits of the corrupted images of a batch."""
        data = data_of(trainer)
        pixels = data.test_images.pixels.index_select(0, batch.index.cpu())
        images = pixels.to(pl_module.device).float() / 255
        draws = Draws(self.seed, 0, batch.index.to(images.device))
        for name, severity, changed in corrupted(images, draws):
            inputs = data.evaluation_batch(batch._replace(inputs=changed), pl_module.device).inputs
            with trainer.precision_plugin.forward_context():
                logits = pl_module(inputs).float().cpu()
            self._logits[name, severity].append(logits)

    def logits(self) -> dict[tuple[str, int], Tensor]:
        """Return the logits ``(N, K)`` of the last test pass by corruption and severity, 1 to 5."""
        return {key: torch.cat(parts) for key, parts in self._logits.items()}
