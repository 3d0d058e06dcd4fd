from types import SimpleNamespace
from typing import Any

import pytest

from imgcls.callbacks import TrainingClock


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("imgcls.callbacks.training_clock.time", clock)
    return clock


def stub(**attributes: Any) -> Any:
    return SimpleNamespace(**attributes)


BATCH = stub(targets=[0] * 64)
TRAINER = stub()


def train_batch(
    counted: TrainingClock, clock: Clock, seconds: float, trainer: Any = TRAINER
) -> None:
    counted.on_train_batch_start(trainer, stub(), BATCH, 0)
    clock.now += seconds
    counted.on_train_batch_end(trainer, stub(), None, BATCH, 0)


def test_validation_and_what_follows_it_are_left_out(clock: Clock) -> None:
    logged: dict[str, float] = {}
    module = stub(log=logged.__setitem__)
    counted = TrainingClock()
    clock.now += 5  # a sanity check before the first step
    train_batch(counted, clock, 2)
    clock.now += 1  # loading a batch belongs to training
    train_batch(counted, clock, 2)
    counted.on_validation_start(TRAINER, module)
    clock.now += 100
    counted.on_train_epoch_end(TRAINER, module)
    clock.now += 1000
    train_batch(counted, clock, 3)
    counted.on_train_epoch_end(TRAINER, module)
    assert counted.seconds == 8
    assert counted.images == 3 * 64
    assert logged == {"seconds": 8}


def test_a_resumed_clock_continues(clock: Clock) -> None:
    first = TrainingClock()
    train_batch(first, clock, 2)
    first.on_train_epoch_end(TRAINER, stub(log=lambda *_: None))
    second = TrainingClock()
    second.load_state_dict(first.state_dict())
    clock.now += 1000
    train_batch(second, clock, 3)
    second.on_train_epoch_end(TRAINER, stub(log=lambda *_: None))
    assert (second.seconds, second.images) == (5, 128)
