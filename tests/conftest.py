import os
import random
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Command, Fit, folder_of

from imgcls import main
from imgcls.cli.lightning_cli import ImgclsCLI

os.environ["OMP_NUM_THREADS"] = "1"  # else a run chooses its threads by the machine


def pytest_configure(config: pytest.Config) -> None:
    """Hide GPUs from tests that are not about them: a CPU alone repeats a run to the last bit."""
    if config.option.markexpr != "gpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


@pytest.fixture(autouse=True)
def own_cache(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Keep the machine's caches out of the test, and its data too unless the test is about them."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    if request.node.get_closest_marker("real_data") is None:
        monkeypatch.delenv("IMGCLS_DATA", raising=False)
    return folder / "imgcls"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Put back what a run changes in the process."""
    torch.set_num_threads(1)  # two threads on a busy machine may take 15 times as long
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with torch.random.fork_rng():
        yield
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _run(arguments: tuple[object, ...]) -> ImgclsCLI:
    cli = main([str(argument) for argument in arguments])
    assert cli is not None
    return cli


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: _run(arguments)


@pytest.fixture
def fit(command: Command) -> Fit:
    def run(*flags: object, config: str = "digits_cnn", epochs: int = 1) -> Path:
        cli = command("fit", "--config", config, "--trainer.max_epochs", epochs, *flags)
        return folder_of(cli)

    return run


@pytest.fixture(scope="session")
def _trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        _run(("fit", "--config", "digits_cnn", "--trainer.max_epochs", 1))
    return folder / "lightning_logs"


@pytest.fixture
def trained(_trained_once: Path, command: Command) -> Path:
    """Return a finished run of one epoch of digits_cnn, the test's own copy of it."""
    logs = Path.cwd() / "lightning_logs"
    shutil.copytree(_trained_once, logs)
    return logs / "digits_cnn" / "version_0"
