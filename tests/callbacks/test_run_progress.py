"""One bar for the whole run."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from tqdm import tqdm

from imgcls.callbacks import run_progress


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return a terminal of 80 columns on which each refresh is seen."""
    written = io.StringIO()
    monkeypatch.setattr(run_progress, "SECONDS", -1.0)
    bar = lambda **given: tqdm(**given | {"file": written, "dynamic_ncols": False, "ncols": 80})  # noqa: E731
    monkeypatch.setattr(run_progress, "tqdm", bar)
    return written


def test_it_shows_the_run_and_fits_eighty_columns(command: Command, screen: io.StringIO) -> None:
    shown: tuple[Any, ...] = ("--trainer.enable_progress_bar", "true")
    command("fit", "--config", "digits_cnn", "--trainer.max_epochs", 2, *shown)
    states = [state.rstrip() for state in screen.getvalue().split("\r") if state.strip()]
    assert max(map(len, states)) <= 80
    percents = [int(number) for state in states for number in re.findall(r"(\d+)% \|", state)]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    first = next(state for state in states if "loss" in state)
    assert re.match(r"epoch 1/2 +\d+% \|.*images/s, .* left, loss \d\.\d{3}, accuracy", first)
    assert any(state.startswith("epoch 2/2") for state in states)


def test_a_bar_of_the_users_takes_its_place(command: Command, tmp_path: Path) -> None:
    config = tmp_path / "bar.yaml"
    config.write_text("trainer: {callbacks: [{class_path: TQDMProgressBar}]}")
    short = ("--trainer.max_epochs", 1, "--trainer.limit_train_batches", 2)
    cli = command("fit", "--config", "digits_cnn", "--config", config, *short)
    bars = [each for each in cli.trainer.callbacks if "Progress" in type(each).__name__]  # type: ignore[attr-defined]
    assert [type(each).__name__ for each in bars] == ["TQDMProgressBar"]
