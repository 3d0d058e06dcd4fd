"""A run's folder: claimed, found again, read back. It needs no torch."""

import csv
import json
import os
import re
from pathlib import Path
from typing import Any

import yaml

from imgcls.errors import InputError

RESULT = "result.json"
CONFIG = "config.yaml"
METRICS = "metrics.csv"


def claim(logs: Path, experiment: str) -> Path:
    """Make and return the next free folder ``logs/experiment/version_N``; no two runs get one."""
    folder = logs / experiment
    folder.mkdir(parents=True, exist_ok=True)
    version = max((_version(path) for path in folder.glob("version_*")), default=-1) + 1
    while True:
        try:
            run = folder / f"version_{version}"
            run.mkdir()
        except FileExistsError:
            version += 1
        else:
            return run


def newest(logs: Path, experiment: str) -> Path:
    """Return the folder of the newest run of an experiment that has written a checkpoint.

    Raises:
        InputError: There is none.
    """
    runs = [
        path
        for path in (logs / experiment).glob("version_*")
        if any((path / "checkpoints").glob("*.ckpt"))
    ]
    if not runs:
        raise InputError(
            f"no run of {experiment!r} with a checkpoint lies in {logs / experiment}: train one "
            f"with 'imgcls fit', or give the path of a checkpoint or of a run"
        )
    return max(runs, key=_version)


def finished(logs: Path, experiment: str) -> list[Path]:
    """Return the folders of an experiment's finished runs, the oldest first.

    Raises:
        InputError: There is none.
    """
    runs = [run for run in (logs / experiment).glob("version_*") if "train" in read_result(run)]
    if not runs:
        raise InputError(
            f"no finished run of {experiment!r} lies in {logs / experiment}: train one with "
            f"'imgcls fit --config {experiment}'"
        )
    return sorted(runs, key=_version)


def run_of(checkpoint: Path) -> Path | None:
    """Return the run folder that a checkpoint file belongs to, if any."""
    run = checkpoint.parent.parent
    return run if (run / CONFIG).is_file() else None


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
    return file.relative_to(run.parent.parent).as_posix() if run else given


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
            "from a place you trust and give its path"
        )
    if text in ("best", "last"):
        folder, wanted = newest(logs, experiment), [text]
    else:
        folder, wanted = Path(text).expanduser(), ["last"] if resume else ["best", "last"]
        if folder.is_file():
            return folder.absolute()
        if not folder.is_dir():
            near = sorted(str(path) for path in folder.parent.glob("*.ckpt"))
            raise InputError(
                f"--ckpt_path {text} is neither a file, a run folder, 'best' nor 'last'"
                + (f"; beside it lie {', '.join(near[:5])}" if near else "")
            )
    checkpoints = folder if folder.name == "checkpoints" else folder / "checkpoints"
    for name in wanted:
        if (checkpoints / f"{name}.ckpt").is_file():
            return (checkpoints / f"{name}.ckpt").absolute()
    there = sorted(path.name for path in checkpoints.glob("*.ckpt"))
    raise InputError(
        f"no {' or '.join(name + '.ckpt' for name in wanted)} in {checkpoints}; "
        f"it holds {', '.join(there) or 'no checkpoint'}"
        + (
            "; only last.ckpt has the optimizer that resuming needs; --finetune true starts a new "
            "run from the best weights"
            if resume
            else ""
        )
    )


def read_config(run: Path) -> dict[str, Any]:
    """Return the resolved config of a run."""
    config: dict[str, Any] = yaml.safe_load((run / CONFIG).read_text())
    return config


def read_curves(run: Path) -> list[dict[str, float]]:
    """Return the rows of a run's ``metrics.csv``, one an epoch, without the empty cells."""
    with (run / METRICS).open(newline="") as file:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def read_result(run: Path) -> dict[str, Any]:
    """Return the result of a run, empty before its training ended."""
    path = run / RESULT
    if not path.is_file():
        return {}
    result: dict[str, Any] = json.loads(path.read_text())
    if "device" in result:  # older runs of one thread say "1 threads"
        result["device"] = re.sub(r"\b1 threads", "1 thread", result["device"])
    return result


def write_result(run: Path, result: dict[str, Any]) -> None:
    """Write the result of a run, whole or not at all."""
    write_whole(run / RESULT, json.dumps(result, indent=2, ensure_ascii=False) + "\n")


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file in one step, so that a crash or a full disk leaves the old one."""
    part = path.with_name(path.name + ".part")
    if isinstance(content, str):
        part.write_text(content)
    else:
        part.write_bytes(content)
    os.replace(part, path)


def _version(run: Path) -> int:
    number = run.name.removeprefix("version_")
    return int(number) if number.isdigit() else -1
