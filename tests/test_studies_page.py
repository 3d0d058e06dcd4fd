import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from results import result

from imgcls.tables import read_markdown

PROGRAM = Path(__file__).parents[1] / "docs" / "make_studies.py"
PAGE = """\
<!-- table: study -->
<!-- end of table -->
<!-- runs: one other -->
<!-- end of runs -->
"""
TABLE = """\
| experiment | validation accuracy | difference | seeds | device |
|---|---:|---:|---:|---|
| study.a_flip | 50.00 % | +1.00 points | 1 | a processor |
| study.base | 49.00 % | baseline | 1 | a processor |
| study.gpu | 49.00 % | +0.00 points | 1 | a GPU |
"""
CONFIG: Any = {
    "seed_everything": 0, "trainer": {"max_epochs": 1}, "model": {},
    "data": {"class_path": "Digits", "init_args": {}},
}  # fmt: skip


def keep(logs: Path, experiment: str, number: int, seconds: float, **more: Any) -> None:
    """Write a run whose seed is its number, if no other is given."""
    run = logs / experiment / f"version_{number}"
    run.mkdir(parents=True)
    content = result(number, 0.9, experiment=experiment, folder=str(run), train_seconds=seconds)
    (run / "result.json").write_text(json.dumps(content | more))
    (run / "config.yaml").write_text(yaml.safe_dump(CONFIG))


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """Return the rows of a page that was made of a study and of two experiments."""
    page, logs = tmp_path / "studies.md", tmp_path / "lightning_logs"
    page.write_text(PAGE)
    (logs / "study").mkdir(parents=True)
    (logs / "study" / "table.md").write_text(TABLE)
    keep(logs, "study.a_flip", 0, 70)
    keep(logs, "study.base", 0, 40)
    keep(logs, "study.base", 1, 60)
    keep(logs, "study.base", 2, 500, seed=1)  # repeats a seed
    keep(logs, "study.gpu", 0, 5, device="a GPU")
    for name in ("one", "other"):
        keep(logs, name, 0, 5)
        keep(logs, name, 1, 5)
    runpy.run_path(str(PROGRAM))["write"](page, logs)
    return [read_markdown(part) for part in page.read_text().split("<!-- runs: ")]


def test_more_seconds_count_from_the_baseline_wherever_it_stands(made: Any) -> None:
    rows = {row["experiment"]: row["more seconds"] for row in made[0]}
    assert rows == {"a flip": "+20", "base": "+0", "gpu": "-"}


def test_a_table_of_runs_has_the_standard_error(made: Any) -> None:
    assert [row["standard error"] for row in made[1]] == ["0.00", "0.00"]
    assert made[1][0]["difference"] == "baseline"
