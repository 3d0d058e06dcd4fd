"""The speed of a training loop without its first steps."""

import time


class Stopwatch:
    """Counts steps and images; the clock starts at the end of the warm-up.

    Args:
        warmup: Number of first steps that do not count, at least 1.

    Attributes:
        steps: Number of all steps.
        images: Images of the steps that count.
        seconds: Seconds of the steps that count.
    """

    def __init__(self, warmup: int) -> None:
        self.warmup = warmup
        self.steps = 0
        self.images = 0
        self.seconds = 0.0
        self._began = 0.0

    def step(self, images: int) -> None:
        """Record the end of a step with ``images`` images."""
        now = time.perf_counter()
        self.steps += 1
        if self.steps <= self.warmup:
            self._began = now
        else:
            self.images += images
            self.seconds = now - self._began

    @property
    def images_per_second(self) -> float:
        """The speed so far."""
        return self.images / self.seconds
