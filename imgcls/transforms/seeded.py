"""Random library code under a seed of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Run code that uses torch's global generators under ``seed``, then restore them.

    Args:
        seed: Seed within the block.
        device: Device of the tensors; its generator is restored as well as the CPU's.
    """
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(gpus):
        # torch.manual_seed would also reseed the generators of GPUs that are not restored.
        torch.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        yield
