"""Every notebook runs to its end without a data set, and was committed with what it shows."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from execute import FOLDER, LOCAL, executed

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MACHINE = re.compile(r"(?<![\w.])/(root|home|Users|tmp|var|work|data|mnt)/")
LARGEST = 2 * 2**20  # bytes


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: Any) -> str:
    """Return all that a notebook's outputs say in words."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    parts = [part for output in outputs for part in (output, output.get("data", {}))]
    return "\n".join(
        str(part[key]) for part in parts for key in part if not key.startswith("image/")
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_without_a_data_set(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IMGCLS_FAST", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # two on a busy machine may take 15 times as long
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ran, kept = executed(path), nbformat.read(path, as_version=4)
    for now, before in zip(code_cells(ran), code_cells(kept), strict=True):
        assert bool(now.outputs) == bool(before.outputs), f"execute it anew: {now.source}"
    assert not MACHINE.search(texts(ran))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_was_kept_as_it_ran(path: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    cells = code_cells(kept)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert not MACHINE.search(texts(kept))
    assert path.stat().st_size < LARGEST


def test_paths_of_this_machine_are_told_from_the_project(tmp_path: Path) -> None:
    root = FOLDER.parent
    assert (
        LOCAL.sub("", f"see {root}/docs and {root}/lightning_logs/a")
        == "see docs and lightning_logs/a"
    )
    assert LOCAL.sub("", "in /tmp/me/imgcls-a1_b/lightning_logs") == "in lightning_logs"
    assert MACHINE.search("written to /home/me/x")
    assert not MACHINE.search("and/or, 1/data, ./tmp/a")
