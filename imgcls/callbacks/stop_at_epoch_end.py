"""Stops a run at the end of an epoch, from where it can be resumed exactly."""

import signal
import threading
import time
from datetime import timedelta
from types import FrameType

from lightning import Callback, LightningModule, Trainer

from imgcls.errors import InputError

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def duration(given: str | timedelta | dict[str, int] | None) -> timedelta | None:
    """Return the trainer's ``max_time`` as a timedelta; text has the form ``DD:HH:MM:SS``.

    Raises:
        InputError: The text has another form.
    """
    if isinstance(given, dict):
        return timedelta(**given)
    if not isinstance(given, str):
        return given
    try:
        days, hours, minutes, seconds = map(int, given.split(":"))
    except ValueError as error:
        raise InputError(
            f"trainer.max_time is {given!r}: write days, hours, minutes and seconds as DD:HH:MM:SS"
        ) from error
    return timedelta(days, seconds, minutes=minutes, hours=hours)


class StopAtEpochEnd(Callback):
    """Stop after a whole epoch on Ctrl-C, SIGTERM, or before ``max_time`` would be exceeded.

    The checkpoint of that epoch is complete, so a resumed run ends with the weights of an
    uninterrupted one. A second signal stops at once and loses the epoch, but not the previous
    checkpoint.

    Args:
        max_time: Maximum time of this part of the run; it ends before an epoch that would exceed
            it, given the longest epoch so far.

    Attributes:
        asked: Whether a signal asked it to stop, even in the last epoch.
        stopped: Whether the run was stopped before its last epoch.
    """

    def __init__(self, max_time: timedelta | None = None) -> None:
        self.max_time = max_time
        self.asked = self.stopped = False
        self._began = self._epoch_began = 0.0
        self._longest = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take over the signals; Lightning gives them back when the run ends."""
        self._began = time.monotonic()
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                signal.signal(number, self._ask)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the time."""
        self._epoch_began = time.monotonic()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop when asked, or when another epoch would exceed the time."""
        now = time.monotonic()
        self._longest = max(self._longest, now - self._epoch_began)
        limit = self.max_time.total_seconds() if self.max_time else float("inf")
        if trainer.current_epoch + 1 == trainer.max_epochs:
            return
        if self.asked or now - self._began + self._longest > limit:
            trainer.should_stop = self.stopped = True

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt
        self.asked = True
        name = signal.Signals(number).name
        print(
            f"\n{name}: stopping at the end of this epoch; a second signal stops at once",
            flush=True,
        )
