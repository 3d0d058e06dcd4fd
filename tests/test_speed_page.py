import json
import runpy
from pathlib import Path
from typing import Any

import yaml
from results import accuracy, result

from imgcls.comparison.experiments import group
from imgcls.comparison.table import read_runs
from imgcls.tables import read_markdown

PROGRAM = Path(__file__).parents[1] / "docs" / "make_speed.py"
MARKS = ("<!-- speed: written by docs/make_speed.py -->", "<!-- end of speed -->")
COURSES = "<!-- courses: a_speed.gpu 0.4, b_speed_70 0.9 -->\n{}<!-- end of courses -->\n"
CONFIG: Any = {
    "seed_everything": 0, "trainer": {"max_epochs": 1}, "model": {},
    "data": {"class_path": "Digits", "init_args": {}},
}  # fmt: skip


def keep(logs: Path, experiment: str, number: int, test: float | None, **more: Any) -> None:
    """Write a run whose seed is its number, if no other is given."""
    run = logs / experiment / f"version_{number}"
    run.mkdir(parents=True)
    content = {**result(number, test, experiment=experiment, folder=str(run)), **more}
    (run / "result.json").write_text(json.dumps(content))
    (run / "metrics.csv").write_text("epoch,seconds,val/acc\n0,30,0.3\n1,90,0.45\n")
    (run / "config.yaml").write_text(yaml.safe_dump(CONFIG))


def test_plain_and_averaged_answers_stand_apart_with_their_cost(tmp_path: Path) -> None:
    page, logs = tmp_path / "benchmarks.md", tmp_path / "lightning_logs"
    page.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n{COURSES.format('')}")
    keep(logs, "a_speed", 1, 0.5, train_petaflops=0.03, test_tta=accuracy(0.6))
    keep(logs, "a_speed", 3, 0.6, train_petaflops=0.03, test_tta=accuracy(0.7))
    keep(logs, "a_speed", 5, None, train_petaflops=0.03)  # not tested, so not shown
    keep(logs, "b_speed_70", 1, 0.7, train_petaflops=0.6)
    keep(logs, "digits_cnn", 1, 0.9)
    keep(logs, "a_speed.gpu", 1, None)
    runpy.run_path(str(PROGRAM))["write"](page, logs)
    text = page.read_text()
    assert text.startswith(f"before\n{MARKS[0]}\n| ")
    gpu, wide_one = text.partition("a_speed.gpu 0.4")[2].splitlines()[1:3]
    courses = COURSES.format("\n".join((gpu, wide_one, "")))
    assert text.endswith(f" |\n{MARKS[1]}\nafter\n{courses}")
    assert gpu.startswith("* `a_speed.gpu`, ")
    assert gpu.endswith("; 40% of validation was reached in epoch 2 after 90.0 s.")
    assert wide_one.endswith("test 70.00%; 90% of validation was reached never.")
    frugal, wide = read_markdown(text)
    assert frugal["test accuracy"].startswith("55.00 ± 7.07 %")
    views = "test-time augmentation (6 views)"
    assert (frugal[views], wide[views]) == ("65.00 %", "-")
    assert (frugal["PFLOP"], frugal["GFLOP/s"]) == ("0.030", "250")  # in 60 and 180 seconds
    assert (frugal["seeds"], wide["seeds"]) == ("2", "1")
    assert (tmp_path / "speed.svg").is_file()


def test_one_run_a_seed_counts_and_devices_stand_apart(tmp_path: Path) -> None:
    page, logs = tmp_path / "benchmarks.md", tmp_path / "lightning_logs"
    page.write_text(f"{MARKS[0]}\n{MARKS[1]}\n{COURSES.format('')}")
    facts: dict[str, Any] = {"train_petaflops": 0.03, "train_seconds": 60}
    keep(logs, "a_speed", 1, 0.5, test_tta=accuracy(0.6), **facts)
    keep(logs, "a_speed", 3, 0.6, test_tta=accuracy(0.7), device="two processors", **facts)
    keep(logs, "a_speed", 4, 0.9, test_tta=accuracy(0.9), seed=1, **facts)
    keep(logs, "a_speed.gpu", 1, None)
    keep(logs, "b_speed_70", 1, 0.7, **facts)
    runpy.run_path(str(PROGRAM))["write"](page, logs)
    row = read_markdown(page.read_text())[0]
    assert (row["test accuracy"], row["standard error"]) == ("55.00 ± 7.07 %", "5.00")
    assert (row["test-time augmentation (6 views)"], row["seeds"]) == ("65.00 %", "2")
    assert row["time"] == "1.0 min (a processor); 1.0 min (two processors)"
    assert row["GFLOP/s"] == "500; 500"


def test_the_figure_has_a_panel_a_data_set_and_a_line_a_run(tmp_path: Path) -> None:
    keep(tmp_path, "a_speed", 1, 0.5)
    keep(tmp_path, "a_speed", 2, 0.6)
    keep(tmp_path, "b_speed", 1, 0.9, data="CIFAR10")
    experiments = group(read_runs(sorted(tmp_path.glob("*/*"))))
    second, first = runpy.run_path(str(PROGRAM))["figure"](experiments).axes
    assert [axes.get_title() for axes in (second, first)] == ["CIFAR10", "Digits"]
    lines = [line for line in first.lines if len(line.get_xdata()) == 2]
    assert [list(line.get_xdata()) for line in lines] == [[0.5, 1.5]] * 2
    assert list(second.lines[0].get_ydata()) == [30.0, 45.0]
    assert first.get_legend_handles_labels()[1] == ["a_speed"]
