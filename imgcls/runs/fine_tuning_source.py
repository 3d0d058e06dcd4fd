"""Whether ``--ckpt_path`` is to be fine-tuned, and which file it then means. It needs no torch.

A checkpoint is found before LightningCLI parses, so ``finetune`` is read before it too.
"""

from pathlib import Path
from typing import Any

import yaml

from imgcls.errors import InputError
from imgcls.runs.find import find_checkpoint, run_of


def asks_to_finetune(configs: list[Path], flag: str | None) -> bool:
    """Return what configs and flag say of ``finetune``; a later one wins, the flag over all.

    Raises:
        InputError: One says neither true nor false.
    """
    asked = False
    for config in configs:
        value = _top_level(config).get("finetune", asked)
        if not isinstance(value, bool):
            raise InputError(f"{config}: finetune is {value!r}: it should be true or false")
        asked = value
    if flag is None:
        return asked
    if flag.lower() not in ("true", "false"):
        raise InputError(f"command line: finetune is {flag!r}: it should be true or false")
    return flag.lower() == "true"


def find_source(text: str | None, logs: Path, experiment: str) -> Path:
    """Return the checkpoint that a new run starts from.

    Args:
        text: What ``--ckpt_path`` says; a folder means its best weights.
        logs: Folder of all runs.
        experiment: That of the new run.

    Raises:
        InputError: No checkpoint is named, or one of the same experiment.
    """
    if text is None:
        raise InputError(
            "finetune is true, but there is nothing to start from: add --ckpt_path with a run or a "
            "checkpoint of another experiment, or --finetune false to begin with new weights"
        )
    other = "give a run or a checkpoint of another experiment"
    if text in ("best", "last"):
        raise InputError(
            f"finetune is true, but --ckpt_path {text} means the newest run of {experiment!r} "
            f"itself: {other}, by its path"
        )
    source = find_checkpoint(text, logs, experiment, resume=False)
    run = run_of(source)
    if run and run.folder.parent.resolve() == (logs / experiment).resolve():
        raise InputError(
            f"finetune is true, but --ckpt_path {text} is of {experiment!r} itself: {other}, or "
            f"this one a new --name; 'imgcls fit --ckpt_path {text}' without --config resumes that "
            "run"
        )
    return source


def _top_level(config: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}  # reported when all of it is parsed
    return content if isinstance(content, dict) else {}
