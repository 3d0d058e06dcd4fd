"""What CONTRIBUTING.md adds to the package works as it stands there."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DIFFS = re.findall(
    r"^```diff\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S
)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package with all diffs applied."""
    folder = tmp_path_factory.mktemp("changed")
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "imgcls", folder / "imgcls", ignore=leave)
    shutil.copytree(ROOT / "configs", folder / "configs", ignore=leave)
    for diff in DIFFS:
        subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True)
    return folder


def fit(changed: Path, *flags: str) -> Path:
    command = [sys.executable, "-m", "imgcls", "fit", "--config", "configs/digits_linear.yaml"]
    command += ["--trainer.max_epochs", "2", *flags]
    environment = os.environ | {"PYTHONPATH": str(changed)}
    subprocess.run(command, cwd=changed, env=environment, check=True, capture_output=True)
    return max((changed / "lightning_logs" / "digits_linear").glob("version_*"))


def column(run: Path, name: str) -> list[float]:
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return [float(row[name]) for row in csv.DictReader(file)]


def test_there_is_a_diff_for_each_kind_of_addition() -> None:
    added = re.findall(r"^\+\+\+ b/(\S+)/", "".join(DIFFS), re.MULTILINE)
    assert added == [
        "imgcls/models",
        "configs",
        "imgcls/data",
        "imgcls/callbacks",
        "imgcls/transforms",
    ]


def test_the_model_the_callback_and_the_transform_train_on_digits(changed: Path) -> None:
    run = fit(
        changed,
        "--trainer.callbacks+=imgcls.callbacks.weight_norm.WeightNorm",
        "--data.augment+=imgcls.transforms.invert.RandomInvert",
        "--data.augment.probability=0.1",
    )
    norms = column(run, "weight_norm")
    assert len(norms) == 2
    assert norms[0] != norms[1]
    assert column(run, "val/acc")[-1] > 0.5


def test_the_data_set_is_learned(changed: Path) -> None:
    run = fit(changed, "--data", "imgcls.data.two_sides.TwoSides")
    assert column(run, "val/acc")[-1] > 0.9
