"""Runs of seconds that take the place of kept ones, to try a notebook out without any data set."""

import contextlib
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

from imgcls.command import main

COMMON = ["--data", "Digits", "--trainer.max_epochs", "1"]
QUIET = ["--trainer.enable_progress_bar", "false"]


def rehearse(experiments: Mapping[str, str], studies: Mapping[str, str] | None = None) -> Path:
    """Train and test shipped configs on scikit-learn's digits, for one epoch each.

    Args:
        experiments: Name of a config to the flags that fit its model to pictures of 8x8.
        studies: Name of a study to its YAML, which is swept.

    Returns:
        The folder of all runs, as ``lightning_logs`` is.
    """
    folder = Path(tempfile.mkdtemp(prefix="imgcls-"))
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for name, flags in experiments.items():
            main(["fit", "--config", name, *COMMON, *flags.split(), *QUIET])
            main(["test", "--ckpt_path", f"lightning_logs/{name}/version_0", *QUIET])
        for name, text in (studies or {}).items():
            Path(f"{name}.yaml").write_text(text)
            main(["sweep", f"{name}.yaml"])
    return folder / "lightning_logs"
