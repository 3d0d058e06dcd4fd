"""Whether a run may go on from a checkpoint."""

from pathlib import Path
from typing import Any

from imgcls import runs
from imgcls.checkpoints import read_checkpoint
from imgcls.errors import InputError

# Where a run computes and what it shows, never what it learns.
MACHINE_KEYS = ("max_time", "enable_progress_bar", "default_root_dir", "callbacks", "logger")


def check_resume(checkpoint: Path, run: Path | None, config: dict[str, Any]) -> None:
    """Refuse what would not go on as the run began.

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
            f"--ckpt_path {checkpoint} lies in no run folder, so there is nothing to go on with: "
            "give the run folder, or its checkpoints/last.ckpt"
        )
    if "optimizer_states" not in read_checkpoint(checkpoint):
        raise InputError(
            f"{checkpoint} has weights alone, resuming needs the optimizer too: "
            f"give {checkpoint.with_name('last.ckpt')}"
        )
    if change := recipe_change(runs.read_config(run), config):
        raise InputError(
            f"{run} was trained with {change}: a run goes on with its own recipe; "
            "leave --ckpt_path out to start a new one"
        )
    if "train" in runs.read_result(run):
        raise InputError(f"{run} has ended: test it with 'imgcls test --ckpt_path {run}'")


def recipe_change(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Return the first setting that two configs' weights differ by, and both values, else ""."""
    old, new = recipe(before), recipe(now)
    for key in {**old, **new}:
        if old.get(key) != new.get(key):
            return f"{key}: {old.get(key)}, now it is {new.get(key)}"
    return ""


def recipe(config: dict[str, Any]) -> dict[str, Any]:
    """Return what decides the weights of a run, as dotted keys."""
    trainer = {key: v for key, v in config["trainer"].items() if key not in MACHINE_KEYS}
    data = {**config["data"], "init_args": {**config["data"]["init_args"], "root": None}}
    parts = {"trainer": trainer, "data": data, "model": config["model"]}
    return {"seed_everything": config["seed_everything"], **flatten(parts)}


def flatten(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a nested dict as one level of dotted keys; lists stay values."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
