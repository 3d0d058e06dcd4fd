"""How well a net answers when light and camera are not those of its training."""

from collections import defaultdict
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from imgcls.data.image_data import data_of
from imgcls.transforms.draws import Draws
from imgcls.transforms.shifts import STRENGTHS, shifted


class Robustness(Callback):
    """Score the answers to each test picture under shifts beside the answer to it as it is.

    In the same pass of `imgcls test`, it shows the model each picture under noise, blur, more
    brightness and less contrast, at the five strengths of `imgcls.transforms.shifts`, made from its
    pixels: before normalisation, and before a gradient is made of it. ``result.json`` has the
    accuracies under ``test_shifted``, from the weakest shift to the strongest; the scores under
    ``test`` stay plain. The pass takes about 21 times as long.

    Args:
        seed: Of the noise, which is a picture's own in any batch.
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
        """Collect the answers to the pictures of a batch under each shift."""
        data = data_of(trainer)
        pixels = data.test_images.pixels.index_select(0, batch.index.cpu())
        pictures = pixels.to(pl_module.device).float() / 255
        draws = Draws(self.seed, 0, batch.index.to(pictures.device))
        for name, strength, seen in shifted(pictures, draws):
            inputs = data.evaluation_batch(batch._replace(inputs=seen), pl_module.device).inputs
            with trainer.precision_plugin.forward_context():
                logits = pl_module(inputs).float().cpu()
            self._logits[name, STRENGTHS[name].index(strength) + 1].append(logits)

    def logits(self) -> dict[tuple[str, int], Tensor]:
        """Return the logits ``(N, K)`` of the last test pass by shift and strength, 1 to 5."""
        return {key: torch.cat(parts) for key, parts in self._logits.items()}
