"""Random numbers inside the model repeat, whatever else drew from the global generator."""

from hashlib import blake2b
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer


class SeedSteps(Callback):
    """Seed torch's global generator before every training step by (seed, step, rank).

    Dropout and its kin draw from that generator. So seeded, a resumed run repeats an unbroken one,
    and a callback that draws random numbers changes nothing.

    Args:
        seed: Seed of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seed the step."""
        place = f"{self.seed} {trainer.global_step} {trainer.global_rank}".encode()
        # four bytes: of a longer seed torch's generator takes the low 32 bits alone
        step_seed = int.from_bytes(blake2b(place, digest_size=4).digest())
        # torch.manual_seed would note down a traceback for the GPU that may come: 1 ms a step
        torch.default_generator.manual_seed(step_seed)
        if pl_module.device.type == "cuda":
            torch.cuda.manual_seed(step_seed)
