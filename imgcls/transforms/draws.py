"""Random numbers that depend on the image, not on the order of computation."""

import math

import torch
from torch import Tensor

from imgcls.errors import InputError

# 64-bit constants written as the signed integers that torch.int64 holds.
_GOLDEN_GAMMA = 0x9E3779B97F4A7C15 - 2**64
_MULTIPLIER_1 = 0xBF58476D1CE4E5B9 - 2**64
_MULTIPLIER_2 = 0x94D049BB133111EB - 2**64


def _shift_right(bits: Tensor, count: int) -> Tensor:
    return (bits >> count) & ((1 << (64 - count)) - 1)  # >> alone would drag the sign along


def hash64(bits: Tensor) -> Tensor:
    """Hash int64 numbers so that neighbours are statistically independent.

    The finaliser of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
    generators", 2014. Integer overflow wraps, on every device alike.
    """
    bits = bits + _GOLDEN_GAMMA
    bits = (bits ^ _shift_right(bits, 30)) * _MULTIPLIER_1
    bits = (bits ^ _shift_right(bits, 27)) * _MULTIPLIER_2
    return bits ^ _shift_right(bits, 31)


def progress_of(epoch: int, epochs: int | None) -> float:
    """Return the fraction of a run that is finished when an epoch begins, in [0, 1].

    It is 1 if the number of epochs is not set, or if it is one, since that epoch is the last.
    """
    return epoch / epochs if epochs and epochs > 1 else 1.0


class Draws:
    """Random numbers for a batch, each a function of (seed, epoch, image, number of earlier calls).

    An image gets the same augmentation for any batch size, order, device or number of processes.
    No state is kept between batches, so a resumed run repeats an uninterrupted one, and the global
    generator is never used.

    The numbers of an image are computed on the device of the index and then sent to the device of
    the images. With the index on the CPU there is no host-device synchronisation.

    Args:
        seed: Seed of the run.
        epoch: Number of finished epochs.
        index: Index ``(N,)`` of each image in its split, int64.
        progress: Fraction of the run that is finished, see `progress_of`; None if unknown.
        device: Device of the images; default that of the index.
    """

    def __init__(
        self,
        seed: int,
        epoch: int,
        index: Tensor,
        progress: float | None = 1.0,
        device: torch.device | None = None,
    ) -> None:
        self.epoch = epoch
        self._progress = progress
        self._device = device or index.device
        run = hash64(torch.tensor(seed))
        self._run_image = hash64(run + index)
        self._state = hash64(self._run_image + epoch)

    @property
    def progress(self) -> float:
        """Fraction of the run that is finished, see `progress_of`.

        Raises:
            InputError: It is unknown.
        """
        if self._progress is None:
            raise InputError(
                "the augmentation depends on the fraction of the training that is finished, and "
                "the number of epochs is unknown: give it, as in data.augmented(batch, epoch=0, "
                "epochs=30)"
            )
        return self._progress

    def uniform(self) -> Tensor:
        """Return new numbers in [0, 1), ``(N,)`` float32."""
        self._state = hash64(self._state)
        return self._sent(_shift_right(self._state, 40).float() / 2**24)

    def integers(self, low: int, high: int) -> Tensor:
        """Return new whole numbers from low to high, both included, ``(N,)`` int64."""
        return low + (self.uniform() * (high - low + 1)).long()

    def normal(self, *shape: int) -> Tensor:
        """Return new numbers of mean 0 and standard deviation 1, ``(N, *shape)`` float32."""
        self._state = hash64(self._state)
        positions = torch.arange(math.prod(shape), device=self._device)
        bits = hash64(self._sent(self._state)[:, None] + positions)
        fractions = (
            _shift_right(bits, 41).float() + 0.5
        ) / 2**23  # within (0, 1), exact in float32
        quantiles: Tensor = torch.special.ndtri(fractions)
        return quantiles.view(-1, *shape)

    def constant_coin(self) -> Tensor:
        """Return a random bool per image, the same in every epoch, ``(N,)``."""
        return self._sent(_shift_right(hash64(self._run_image), 63).bool())

    def batch_seed(self) -> int:
        """Return a seed for the batch, for library code that uses only a global generator."""
        self._state = hash64(self._state)
        return int(_shift_right(self._state[0], 1))

    def _sent(self, numbers: Tensor) -> Tensor:
        return numbers.to(self._device, non_blocking=True)
