"""Random library code, kept apart from the run's own generators."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Run what draws from torch's global generators under ``seed``, then put them back.

    Args:
        seed: Seed within the block.
        device: Where the tensors are; its generator is put back as well as the processor's.
    """
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(gpus):
        # torch.manual_seed would also reseed the generators of GPUs that are not put back.
        torch.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        yield
