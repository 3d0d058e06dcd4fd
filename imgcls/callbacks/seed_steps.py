"""Seeds each training step, so that random numbers inside the model are reproducible."""

from hashlib import blake2b
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer


class SeedSteps(Callback):
    """Seed torch's global generator before every training step by (seed, step, rank).

    Dropout and similar layers use that generator. With it seeded per step, a resumed run repeats an
    uninterrupted one, and a callback that uses random numbers changes nothing.

    Args:
        seed: Seed of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seed the step."""
        step = f"{self.seed} {trainer.global_step} {trainer.global_rank}".encode()
        # four bytes: torch's generator uses only the low 32 bits of a longer seed
        step_seed = int.from_bytes(blake2b(step, digest_size=4).digest())
        # torch.manual_seed would record a traceback for a later GPU: 1 ms per step
        torch.default_generator.manual_seed(step_seed)
        if pl_module.device.type == "cuda":
            torch.cuda.manual_seed(step_seed)
