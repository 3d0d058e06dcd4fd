import json
import runpy
from pathlib import Path
from statistics import stdev
from typing import Any

import pytest
import yaml
from results import result

from imgcls.tables import read_markdown

PROGRAM = Path(__file__).parents[1] / "docs" / "make_robustness.py"
PAGE = """\
# Studies

<!-- robustness: study -->
not measured yet
<!-- end of robustness -->

words
"""
CONFIG: Any = {
    "seed_everything": 0, "trainer": {"max_epochs": 1}, "model": {},
    "data": {"class_path": "Digits", "init_args": {}},
}  # fmt: skip


def keep(
    logs: Path,
    trial: str,
    number: int,
    test: float,
    corrupted: dict[str, list[float]],
    **more: Any,
) -> None:
    """Write a run whose seed is its number, if no other is given."""
    run = logs / f"study.{trial}" / f"version_{number}"
    run.mkdir(parents=True)
    content = result(number, test, experiment=f"study.{trial}", folder=str(run))
    content |= more | ({"test_shifted": corrupted} if corrupted else {})
    (run / "result.json").write_text(json.dumps(content))
    (run / "config.yaml").write_text(yaml.safe_dump(CONFIG))


def test_the_page_has_means_over_severities_and_their_standard_deviation_over_seeds(
    tmp_path: Path,
) -> None:
    page, logs = tmp_path / "studies.md", tmp_path / "lightning_logs"
    page.write_text(PAGE)
    keep(logs, "baseline", 1, 0.50, {"noise": [0.4, 0.2], "blur": [0.5, 0.4]})
    keep(logs, "baseline", 2, 0.54, {"noise": [0.4, 0.4], "blur": [0.5, 0.4]})
    keep(logs, "baseline", 3, 0.99, {})  # was not tested on corrupted images
    again = {"noise": [0.9, 0.9], "blur": [0.9, 0.9]}
    keep(logs, "baseline", 4, 0.90, again, seed=2)  # repeats a seed
    keep(logs, "picture_alone", 1, 0.25, {"noise": [0.25, 0.5], "blur": [0.125, 0.125]})
    keep(logs, "untested", 1, 0.25, {})
    write = runpy.run_path(str(PROGRAM))["write"]
    for _ in range(2):  # what it wrote is replaced
        write(page, logs)
    text = page.read_text()
    both, alone = read_markdown(text)
    assert both == {
        "experiment": "baseline",
        "test accuracy": f"52.00 ± {stdev([50, 54]):.2f} %",
        "noise": f"35.00 ± {stdev([30, 40]):.2f} %",
        "blur": "45.00 ± 0.00 %",
        "seeds": "2",
    }
    assert list(alone.values()) == ["picture alone", "25.00 %", "37.50 %", "12.50 %", "1"]
    assert text.startswith("# Studies\n\n<!-- robustness: study -->\n![")
    assert text.endswith("|\n<!-- end of robustness -->\n\nwords\n")
    assert "](../lightning_logs/study/robustness.svg)" in text
    assert "<svg" in (logs / "study" / "robustness.svg").read_text()


def test_a_study_that_was_not_tested_on_corrupted_images_is_named(tmp_path: Path) -> None:
    page = tmp_path / "studies.md"
    page.write_text(PAGE)
    with pytest.raises(
        SystemExit, match=r"no run of study in .* was tested on corrupted images: run 'img"
    ):
        runpy.run_path(str(PROGRAM))["write"](page, tmp_path)
    assert page.read_text() == PAGE
