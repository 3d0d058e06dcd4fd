"""Learning-rate schedules in fractions of the run, so that no config counts steps."""

import math
from abc import ABC, abstractmethod

from imgcls.errors import InputError


class Schedule(ABC):
    """A factor on the optimizer's learning rate as a function of how much of the run is done."""

    @abstractmethod
    def __call__(self, fraction: float) -> float:
        """Return the factor, at least 0, at ``fraction`` of the run's steps, in [0, 1)."""


class Constant(Schedule):
    """The optimizer's learning rate from first to last step."""

    def __call__(self, fraction: float) -> float:
        """Return 1."""
        return 1.0


class Cosine(Schedule):
    """Linear warm-up, then half a cosine down to ``final``.

    Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", 2017, without
    the restarts.

    Args:
        warmup: Fraction of the run in which the rate climbs from 0 to its peak, in [0, 1).
        final: Factor at the end of the run.
    """

    def __init__(self, warmup: float = 0.0, final: float = 0.0) -> None:
        if not 0 <= warmup < 1:
            raise InputError(
                f"warmup is {warmup}: it is a share of the run, at least 0 and below 1"
            )
        self.warmup = warmup
        self.final = final

    def __call__(self, fraction: float) -> float:
        """Return the factor at ``fraction`` of the run."""
        if fraction < self.warmup:
            return fraction / self.warmup
        done = (fraction - self.warmup) / (1 - self.warmup)
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2


class Triangular(Schedule):
    """Linear climb from ``start`` to the peak, then linear descent to ``final``.

    Smith and Topin, "Super-convergence: Very fast training of neural networks using large learning
    rates", 2018.

    Args:
        peak: Fraction of the run at which the rate is highest, in (0, 1).
        start: Factor at the first step.
        final: Factor at the end of the run.
    """

    def __init__(self, peak: float = 0.25, start: float = 0.2, final: float = 0.0) -> None:
        if not 0 < peak < 1:
            raise InputError(f"peak is {peak}: it is a share of the run, between 0 and 1")
        self.peak = peak
        self.start = start
        self.final = final

    def __call__(self, fraction: float) -> float:
        """Return the factor at ``fraction`` of the run."""
        if fraction < self.peak:
            return self.start + (1 - self.start) * fraction / self.peak
        return 1 + (self.final - 1) * (fraction - self.peak) / (1 - self.peak)


class Steps(Schedule):
    """The rate falls by ``factor`` at each of the ``milestones``.

    Args:
        milestones: Fractions of the run, each in (0, 1).
        factor: What the rate is multiplied by at each.
    """

    def __init__(
        self, milestones: tuple[float, ...] = (0.3, 0.6, 0.8), factor: float = 0.2
    ) -> None:
        if not all(0 < milestone < 1 for milestone in milestones):
            raise InputError(
                f"milestones are {list(milestones)}: each is a share of the run, between 0 and 1"
            )
        self.milestones = milestones
        self.factor = factor

    def __call__(self, fraction: float) -> float:
        """Return the factor at ``fraction`` of the run."""
        return self.factor ** sum(fraction >= milestone for milestone in self.milestones)
