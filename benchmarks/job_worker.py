"""A process that trains one run after another, so that only the first waits for the imports."""

import contextlib
import gc
import json
import multiprocessing
import os
import signal
import subprocess
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import torch

import imgcls

SPAWN = multiprocessing.get_context("spawn")  # a forked process cannot use the GPU


class Task(NamedTuple):
    """One run, or one command.

    Attributes:
        key: Its name, which no other task has.
        command: A command with its arguments; empty for a run.
        arguments: Of ``imgcls fit``.
        test: Whether the run is tested when it is trained.
        folder: Where its log goes, and the runs, below ``lightning_logs``.
    """

    key: str
    command: Sequence[str]
    arguments: Sequence[str]
    test: bool
    folder: Path

    @property
    def log(self) -> Path:
        """The file that has what the task prints."""
        return self.folder / f"{self.key.replace(' ', '_').replace('/', '_')}.log"


def flags_of(settings: Mapping[str, Any]) -> list[str]:
    """Return settings as flags of the command."""
    return [
        f"--{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in settings.items()
    ]


def run_command(task: Task) -> dict[str, Any]:
    """Run a command and return its exit status and the last line that it printed."""
    with task.log.open("w") as log:
        status = subprocess.run(task.command, stdout=log, stderr=subprocess.STDOUT).returncode
    lines = task.log.read_text(errors="replace").strip().splitlines() or [""]
    return {"status": "done" if status == 0 else "failed", "line": lines[-1]}


def train(task: Task) -> dict[str, Any]:
    """Train a run, test it if asked to, and return its scores."""
    with (
        task.log.open("w") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        cli = imgcls.main(["fit", *task.arguments, "--trainer.default_root_dir", task.folder])
        if cli is None or cli.run is None:
            raise RuntimeError("imgcls fit left no run")
        run = cli.run.folder
        if task.test:
            imgcls.main(["test", "--ckpt_path", run])
    result = json.loads((run / "result.json").read_text())
    scores = {split: result[split]["accuracy"] for split in ("val", "test") if split in result}
    kept = {name: result[name] for name in ("train_petaflops", "train_seconds", "device")}
    return {"status": "done", "run": str(run.relative_to(task.folder.parent)), **kept, **scores}


def outcome(task: Task) -> dict[str, Any]:
    """Return what a task reached, or in a line why it could not be run."""
    task.folder.mkdir(parents=True, exist_ok=True)
    try:
        return run_command(task) if task.command else train(task)
    except SystemExit:  # imgcls has said why
        line = (task.log.read_text().strip().splitlines() or [""])[-1]
    except Exception as error:  # whatever it is, the other tasks are run
        with task.log.open("a") as log:
            traceback.print_exc(file=log)
        line = f"{type(error).__name__}: {str(error).partition(os.linesep)[0]}"
    return {"status": "failed", "line": line}


def _serve(channel: Connection) -> None:
    os.setsid()  # what a command starts ends with this process
    with contextlib.suppress(EOFError):
        while True:
            channel.send(outcome(channel.recv()))
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


class Worker:
    """Runs tasks in a process of its own, a new one after a failure."""

    def __init__(self) -> None:
        self.task: Task | None = None
        self.began = 0.0
        self._begin()

    def _begin(self) -> None:
        self._channel, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, task: Task, now: float) -> None:
        """Hand a task over at a time in seconds."""
        self.task, self.began = task, now
        self._channel.send(task)

    def finished(self) -> dict[str, Any] | None:
        """Return what the task reached, None while it runs; the worker is then free."""
        if not self._channel.poll():
            return None
        try:
            reached: dict[str, Any] = self._channel.recv()
        except EOFError:
            reached = {"status": "failed", "line": "the process ended"}
        self.task = None
        if reached["status"] != "done":  # what a failure leaves on the device ends with it
            self.stop()
            self._begin()
        return reached

    def stop(self) -> None:
        """End the process and what it runs."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.kill()  # it may not have had its own group yet
        self._process.join()
