import signal
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from imgcls.callbacks import StopAtEpochEnd
from imgcls.callbacks.stop_at_epoch_end import duration
from imgcls.errors import InputError

MODULE: Any = SimpleNamespace()


def trainer_in(epoch: int, epochs: int = 10) -> Any:
    return SimpleNamespace(current_epoch=epoch, max_epochs=epochs, should_stop=False)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("imgcls.callbacks.stop_at_epoch_end.time", clock)
    return clock


def stops_after(limit: timedelta | None, lengths: list[float], clock: Clock) -> int | None:
    """Return the epoch, from 0, after which a run of such epochs stops."""
    callback = StopAtEpochEnd(limit)
    callback.on_train_start(trainer_in(0), MODULE)
    for epoch, length in enumerate(lengths):
        trainer = trainer_in(epoch, len(lengths))
        callback.on_train_epoch_start(trainer, MODULE)
        clock.now += length
        callback.on_train_epoch_end(trainer, MODULE)
        assert trainer.should_stop is callback.stopped
        if callback.stopped:
            return epoch
    return None


@pytest.mark.parametrize(
    ("limit", "lengths", "epoch"),
    [
        (30, [10, 10, 10, 10], 2),  # a fourth would end at 40
        (39, [10, 10, 10, 10], 2),
        (40, [10, 10, 10, 10], None),
        (44, [20, 5, 5, 5, 5], 1),  # another might take 20 again
        (5, [10, 10], 0),
        (10, [10], None),  # the last epoch needs no stop
        (None, [1e9, 1e9], None),
    ],
)
def test_it_stops_before_an_epoch_that_would_not_fit(
    clock: Clock, limit: float | None, lengths: list[float], epoch: int | None
) -> None:
    given = None if limit is None else timedelta(seconds=limit)
    assert stops_after(given, lengths, clock) == epoch


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_at_the_end_of_the_epoch(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    callback = StopAtEpochEnd()
    callback.on_train_start(trainer_in(0), MODULE)
    signal.raise_signal(number)
    printed = f"\n{number.name}: stopping at the end of this epoch; a second signal stops at once\n"
    assert capsys.readouterr().out == printed
    trainer = trainer_in(3)
    callback.on_train_epoch_end(trainer, MODULE)
    assert trainer.should_stop
    assert callback.stopped


def test_a_second_signal_stops_at_once() -> None:
    callback = StopAtEpochEnd()
    callback.on_train_start(trainer_in(0), MODULE)
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_in_the_last_epoch_changes_nothing() -> None:
    callback = StopAtEpochEnd()
    callback.on_train_start(trainer_in(0), MODULE)
    signal.raise_signal(signal.SIGTERM)
    trainer = trainer_in(9)
    callback.on_train_epoch_end(trainer, MODULE)
    assert not trainer.should_stop
    assert not callback.stopped
    assert callback.asked  # for what would come after this run


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("01:02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("00:00:90:00", timedelta(minutes=90)),
        ({"hours": 2}, timedelta(hours=2)),
        (timedelta(seconds=3), timedelta(seconds=3)),
    ],
)
def test_durations(given: Any, expected: timedelta | None) -> None:
    assert duration(given) == expected


@pytest.mark.parametrize("given", ["soon", "10:00", "1:2:3:4:5", "00:00:00:1.5", ""])
def test_durations_of_another_form_are_reported(given: str) -> None:
    with pytest.raises(InputError, match="write days, hours, minutes and seconds as DD:HH:MM:SS"):
        duration(given)
