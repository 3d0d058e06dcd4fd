"""Random numbers that belong to a picture, not to a moment."""

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
    """Mix int64 numbers so that neighbours look unrelated.

    The finaliser of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
    generators", 2014. Integer overflow wraps, on every device alike.
    """
    bits = bits + _GOLDEN_GAMMA
    bits = (bits ^ _shift_right(bits, 30)) * _MULTIPLIER_1
    bits = (bits ^ _shift_right(bits, 27)) * _MULTIPLIER_2
    return bits ^ _shift_right(bits, 31)


def progress_of(epoch: int, epochs: int | None) -> float:
    """Return the share of a run that is finished as an epoch begins, in [0, 1].

    It is 1 where no number of epochs is planned, or a single one, which is the last as well.
    """
    return epoch / epochs if epochs and epochs > 1 else 1.0


class Draws:
    """Random numbers for a batch, each a function of (seed, epoch, picture, how many went before).

    A picture meets the same augmentation whatever the batch size, the order, the device or the
    number of processes; nothing is kept between batches, so a resumed run repeats an unbroken one,
    and the global generator is never touched.

    The numbers of a picture are computed where the index is and then sent to the pictures. With the
    index on the CPU nothing is ever asked of a GPU, which would have to finish its work first.

    Args:
        seed: Seed of the run.
        epoch: Epochs finished before this one.
        index: Place ``(N,)`` of each picture in its split, int64.
        progress: Share of the run that is finished, see `progress_of`; None where nobody knows.
        device: Of the pictures; default that of the index.
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
        self._run_picture = hash64(run + index)
        self._state = hash64(self._run_picture + epoch)

    @property
    def progress(self) -> float:
        """Fraction of the run that is finished, see `progress_of`.

        Raises:
            InputError: It is not known.
        """
        if self._progress is None:
            raise InputError(
                "how much of the training is finished decides on the augmentation, and its number "
                "of epochs is not known: give it, as in data.augmented(batch, epoch=0, epochs=30)"
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
        places = torch.arange(math.prod(shape), device=self._device)
        bits = hash64(self._sent(self._state)[:, None] + places)
        shares = (_shift_right(bits, 41).float() + 0.5) / 2**23  # within (0, 1), exact in float32
        quantiles: Tensor = torch.special.ndtri(shares)
        return quantiles.view(-1, *shape)

    def constant_coin(self) -> Tensor:
        """Return a coin a picture, the same in every epoch, ``(N,)`` bool."""
        return self._sent(_shift_right(hash64(self._run_picture), 63).bool())

    def batch_seed(self) -> int:
        """Return a seed for the batch, for library code that only knows a global generator."""
        self._state = hash64(self._state)
        return int(_shift_right(self._state[0], 1))

    def _sent(self, numbers: Tensor) -> Tensor:
        return numbers.to(self._device, non_blocking=True)
