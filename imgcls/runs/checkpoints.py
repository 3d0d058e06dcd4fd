"""What a checkpoint file holds, read safely, and written whole or not at all."""

import errno
import os
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import nn

from imgcls.errors import DiskFullError, InputError
from imgcls.runs.run import Run

ORIGIN = "imgcls_run"  # key of a checkpoint: experiment/version_N of the run that wrote it
NAMES = re.compile(r"(?!\.\.?/)([^/\\]+)/(version_\d+)")


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the content of a checkpoint; only tensors and plain types are ever unpickled.

    Raises:
        InputError: The file is cut short, holds Python objects, or is not of imgcls.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} holds Python objects beyond tensors and plain types, which could run code "
            "when loaded, or is no checkpoint: it was not loaded; use one written by 'imgcls fit'"
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise InputError(
            f"{path} cannot be read ({path.stat().st_size:,} bytes; cut short?): "
            "copy it again, or use another checkpoint of its run"
        ) from error
    if not isinstance(content, dict) or "_class_path" not in content.get("hyper_parameters", {}):
        raise InputError(
            f"{path} does not say which model it is of: use a checkpoint written by 'imgcls fit'"
        )
    return content


def origin_of(checkpoint: dict[str, Any]) -> tuple[str, str] | None:
    """Return experiment and run that a checkpoint was written by, None where it does not say so.

    Both are plain names of folders, whatever a stranger's checkpoint says.
    """
    names = NAMES.fullmatch(str(checkpoint.get(ORIGIN)))
    return (names[1], names[2]) if names else None


def data_metadata(checkpoint: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return what a checkpoint says of the data it was trained on: its class, ``classes`` ...

    Raises:
        InputError: It says nothing.
    """
    for value in checkpoint.values():
        if isinstance(value, dict) and {"data", "classes", "image_shape"} <= value.keys():
            return value
    raise InputError(
        f"{path} does not say which data it was trained on: use a checkpoint written by "
        "'imgcls fit'"
    )


def check_class(checkpoint: dict[str, Any], model: nn.Module, path: Path) -> None:
    """Refuse a checkpoint of another class of model.

    Raises:
        InputError: The classes differ; the text names both.
    """
    theirs = checkpoint["hyper_parameters"]["_class_path"].rsplit(".", 1)[-1]
    ours = type(model).__name__
    if theirs != ours:
        raise InputError(
            f"{path} is a checkpoint of {theirs}, the config's model is {ours}: "
            "give the config it was trained with, or a checkpoint of this model"
        )


def check_fits(checkpoint: dict[str, Any], model: nn.Module, path: Path) -> None:
    """Refuse a checkpoint whose weights are not exactly those that the model has.

    Raises:
        InputError: Class, names or shapes differ; the text shows both sides.
    """
    check_class(checkpoint, model, path)
    there = {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items()}
    here = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    different = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    if different:
        name, ours = different[-1], type(model).__name__
        raise InputError(
            f"{path} does not fit this {ours}: {len(different)} weights differ, such as {name}, "
            f"{there.get(name, 'absent')} there and {here.get(name, 'absent')} here: give the "
            "config it was trained with, or a checkpoint of this model; 'imgcls fit --finetune "
            "true' starts a new run from its backbone"
        )


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint next to the old one and then replaces that.

    Lightning's own way passes through the system's temporary folder; when that is another disk the
    last step is a copy, and a full disk leaves a broken file where the good one was.

    Args:
        run: That is trained; its checkpoints name it.
    """

    def __init__(self, run: Run | None = None) -> None:
        super().__init__()
        self.origin = {ORIGIN: f"{run.experiment}/{run.folder.name}"} if run else {}

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Save, or leave the old file as it is.

        Raises:
            DiskFullError: It leaves no room.
        """
        path = Path(path)
        part = path.with_name(path.name + ".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                torch.save({**checkpoint, **self.origin}, file)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, RuntimeError) as error:
            part.unlink(missing_ok=True)
            free = shutil.disk_usage(path.parent).free
            # torch.save turns the disk's own error into a RuntimeError of its zip writer
            full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            resumable = path.with_name("last.ckpt").exists()
            run = path.parent.parent
            again = f"resume with 'imgcls fit --ckpt_path {run}'" if resumable else "start again"
            if full or isinstance(error, RuntimeError):
                left = "the last good one is still there" if path.exists() else "there is none yet"
                raise DiskFullError(
                    f"no room to write {path} ({free / 2**20:,.0f} MB free): {left}; "
                    f"make room and {again}"
                ) from error
            raise
        os.replace(part, path)
