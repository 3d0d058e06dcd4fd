"""The speed of a training loop without its first steps."""

import time


class Stopwatch:
    """Counts steps and pictures; the clock runs from the end of the warm-up on.

    Args:
        warmup: First steps that do not count, at least 1.

    Attributes:
        steps: All so far.
        pictures: Of the steps that count.
        seconds: Of the steps that count.
    """

    def __init__(self, warmup: int) -> None:
        self.warmup = warmup
        self.steps = 0
        self.pictures = 0
        self.seconds = 0.0
        self._began = 0.0

    def step(self, pictures: int) -> None:
        """Note the end of a step on that many pictures."""
        now = time.perf_counter()
        self.steps += 1
        if self.steps <= self.warmup:
            self._began = now
        else:
            self.pictures += pictures
            self.seconds = now - self._began

    @property
    def pictures_per_second(self) -> float:
        """The speed so far."""
        return self.pictures / self.seconds
