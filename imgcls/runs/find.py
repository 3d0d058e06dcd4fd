"""Runs claimed, and found again by what the user calls them. It needs no torch."""

import os
from pathlib import Path

from imgcls.errors import InputError
from imgcls.runs.run import Run


def claim(logs: Path, experiment: str) -> Run:
    """Make and return the next free folder ``logs/experiment/version_N``; no two runs get one."""
    folder = logs / experiment
    folder.mkdir(parents=True, exist_ok=True)
    version = max((run.number for run in runs_in(folder)), default=-1) + 1
    while True:
        try:
            run = folder / f"version_{version}"
            run.mkdir()
        except FileExistsError:
            version += 1
        else:
            return Run(run)


def runs_in(folder: Path) -> list[Run]:
    """Return the runs of an experiment's folder, the oldest first."""
    return sorted((Run(path) for path in folder.glob("version_*")), key=lambda run: run.number)


def newest(logs: Path, experiment: str) -> Run:
    """Return the newest run of an experiment that has written a checkpoint.

    Raises:
        InputError: There is none.
    """
    runs = [run for run in runs_in(logs / experiment) if any(run.checkpoints.glob("*.ckpt"))]
    if not runs:
        raise InputError(
            f"no run of {experiment!r} with a checkpoint lies in {logs / experiment}: train one "
            f"with 'imgcls fit', or give the path of a checkpoint or of a run"
        )
    return runs[-1]


def load_run(folder: str | os.PathLike[str]) -> Run:
    """Return a finished run.

    Raises:
        InputError: The folder is none.
    """
    run = Run(folder)
    if not run.is_finished:
        raise InputError(f"{run} has no result.json: give the folder of a finished run")
    return run


def finished_runs(logs: str | os.PathLike[str], experiment: str) -> list[Run]:
    """Return the finished runs of an experiment, the oldest first.

    Raises:
        InputError: There is none.
    """
    folder = Path(logs) / experiment
    runs = [run for run in runs_in(folder) if run.is_finished]
    if not runs:
        raise InputError(
            f"no finished run of {experiment!r} lies in {folder}: train one with "
            f"'imgcls fit --config {experiment}'"
        )
    return runs


def run_of(checkpoint: Path) -> Run | None:
    """Return the run that a checkpoint file belongs to, if any."""
    run = Run(checkpoint.parent.parent)
    return run if run.config_file.is_file() else None


def name_of(checkpoint: Path, given: str) -> str:
    """Return what records call a checkpoint, so that they hold where the runs are moved to.

    Args:
        checkpoint: A file.
        given: How the user named it; so it is called where it lies in no run.

    Returns:
        ``experiment/version_N/checkpoints/best.ckpt`` of a run's.
    """
    file = checkpoint.resolve()
    run = run_of(file)
    return file.relative_to(run.logs).as_posix() if run else given


def find_checkpoint(text: str, logs: Path, experiment: str, resume: bool) -> Path:
    """Return the checkpoint file that ``--ckpt_path`` means.

    Args:
        text: A file, a run folder, or ``best`` or ``last`` of the experiment's newest run.
        logs: Folder of all runs.
        experiment: Whose newest run ``best`` and ``last`` speak of.
        resume: A folder then means its ``last.ckpt``, which holds the optimizer too; otherwise its
            best weights, or the last ones where none were chosen on validation.

    Raises:
        InputError: There is no such checkpoint; the text says which there are.
    """
    if "://" in text:
        raise InputError(
            f"--ckpt_path {text} is a URL: checkpoints are loaded from files only; download it "
            "from a source you trust and give its path"
        )
    folder = Path(text).expanduser()
    if text in ("best", "last"):
        run, names = newest(logs, experiment), [text]
    elif folder.is_file():
        return folder.absolute()
    elif folder.is_dir():
        run = Run(folder.parent if folder.name == "checkpoints" else folder)
        names = ["last"] if resume else []
    else:
        near = sorted(str(path) for path in folder.parent.glob("*.ckpt"))
        raise InputError(
            f"--ckpt_path {text} is neither a file, a run folder, 'best' nor 'last'"
            + (f"; next to it are {', '.join(near[:5])}" if near else "")
        )
    try:
        return run.checkpoint(*names)
    except InputError as error:
        if not resume:
            raise
        raise InputError(
            f"{error}; only last.ckpt has the optimizer that resuming needs; --finetune true "
            "starts a new run from the best weights"
        ) from error
