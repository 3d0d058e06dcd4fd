"""The arguments of ``imgcls fit`` for a trial."""

import json
from typing import Any

from imgcls.errors import InputError
from imgcls.runs.fine_tuning_source import asks_to_finetune
from imgcls.sweep.study import Study
from imgcls.sweep.trials import Trial


def experiment_of(study: Study, trial: Trial) -> str:
    """Return the experiment name of a trial's runs, by which they are compared."""
    return f"{study.name}.{trial.name}"


def source_of(study: Study, trial: Trial) -> str | None:
    """Return the study's checkpoint if the trial fine-tunes, None if it begins with new weights.

    Raises:
        InputError: It fine-tunes, but the study has no checkpoint.
    """
    flag = {**study.flags, **trial.settings}.get("finetune")
    if not asks_to_finetune(study.configs, flag if flag is None else _as_flag(flag)):
        return None
    if study.ckpt_path is None:
        raise InputError(
            f"{experiment_of(study, trial)}: finetune is true, but there is nothing to start from: "
            "give the study a ckpt_path, a run or a checkpoint of another experiment"
        )
    return study.ckpt_path


def fit_arguments(study: Study, trial: Trial, seed: int = 0) -> list[str]:
    """Return the arguments of ``imgcls`` for a new run of a trial."""
    configs = [part for config in study.configs for part in ("--config", str(config))]
    source = source_of(study, trial)
    start = [] if source is None else ["--ckpt_path", source]
    common = [item for item in study.flags.items() if item[0] not in trial.settings]
    settings = [*common, *trial.settings.items()]  # later flags override earlier ones
    flags = [f"--{key}={_as_flag(value)}" for key, value in settings]
    name = ["--name", experiment_of(study, trial), "--seed_everything", str(seed)]
    return ["fit", *configs, *start, *name, *flags]


def _as_flag(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
