"""Whether a run may resume from a checkpoint."""

from pathlib import Path
from typing import Any

from imgcls.errors import InputError
from imgcls.runs.checkpoints import read_checkpoint
from imgcls.runs.recipe import first_difference, recipe
from imgcls.runs.run import Run


def check_resume(checkpoint: Path, run: Run | None, config: dict[str, Any]) -> None:
    """Refuse what would not continue as the run began.

    Args:
        checkpoint: The file to resume from.
        run: The run it belongs to, if any.
        config: The resolved config of this call, plain types.

    Raises:
        InputError: No run folder, no optimizer in the checkpoint, another recipe, or a run that
            has ended.
    """
    if run is None:
        raise InputError(
            f"--ckpt_path {checkpoint} lies in no run folder, so there is nothing to resume: "
            "give the run folder, or its checkpoints/last.ckpt; to start a new run from these "
            "weights, add --finetune true"
        )
    if "optimizer_states" not in read_checkpoint(checkpoint):
        raise InputError(
            f"{checkpoint} has weights alone, resuming needs the optimizer too: "
            f"give {checkpoint.with_name('last.ckpt')}; to start a new run from these weights, add "
            "--finetune true"
        )
    if change := recipe_change(run.config, config):
        raise InputError(
            f"{run} was trained with {change}: a run resumes with its own recipe; "
            "leave --ckpt_path out to start a new one, or give --config NAME --finetune true to "
            "start it from this one's backbone"
        )
    if run.is_finished:
        raise InputError(f"{run} has ended: test it with 'imgcls test --ckpt_path {run}'")


def recipe_change(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Return the first setting that two configs' weights differ by, and both values, else ""."""
    if difference := first_difference(_settings(before), _settings(now)):
        key, old, new = difference
        return f"{key}: {old}, now it is {new}"
    return ""


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe, what says most of it first."""
    classes = {f"{part}.class_path": config[part]["class_path"] for part in ("data", "model")}
    return {**classes, **recipe(config)}
