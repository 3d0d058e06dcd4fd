import csv
import math
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from imgcls.runs.loggers import Dashboard, EpochLines, MetricsTable
from imgcls.runs.run import Run

TRAIN = {"train/loss": 0.5, "train/acc": 0.75, "lr": 0.001, "seconds": 12.0}
VAL = {"val/loss": 0.6, "val/acc": 0.7}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "lightning_logs" / "net" / "version_3"
    folder.mkdir(parents=True)
    return folder


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_training_and_validation_share_the_row_of_their_epoch(run: Path) -> None:
    table = MetricsTable(Run(run))
    for epoch in (0.0, 1.0):
        table.log_metrics({**VAL, "epoch": epoch}, 19)
        table.log_metrics({**TRAIN, "epoch": epoch}, 19)
        table.save()
    assert [row["epoch"] for row in rows(run)] == ["0", "1"]
    assert rows(run)[1] == {"epoch": "1", "step": "19"} | {
        name: str(value) for name, value in (VAL | TRAIN).items()
    }


def test_epochs_without_validation_leave_cells_empty(run: Path) -> None:
    table = MetricsTable(Run(run))
    table.log_metrics({**TRAIN, "epoch": 0}, 19)
    table.log_metrics({**TRAIN, **VAL, "epoch": 1}, 39)
    table.finalize("success")
    assert [row["val/acc"] for row in rows(run)] == ["", "0.7"]


def test_a_resumed_table_continues_its_rows(run: Path) -> None:
    first = MetricsTable(Run(run))
    for epoch in range(3):
        first.log_metrics({**TRAIN, "epoch": epoch}, 10 * epoch)
    first.save()
    second = MetricsTable(Run(run))
    second.log_metrics({**TRAIN, "train/loss": 0.25, "epoch": 2}, 29)
    second.log_metrics({**TRAIN, **VAL, "epoch": 3}, 39)
    second.save()
    assert [row["epoch"] for row in rows(run)] == ["0", "1", "2", "3"]
    assert [row["train/loss"] for row in rows(run)] == ["0.5", "0.5", "0.25", "0.5"]


def test_an_empty_table_is_not_written(run: Path) -> None:
    MetricsTable(Run(run)).save()
    MetricsTable(Run(run)).log_metrics({"batch/loss": 1.0}, 3)
    assert not (run / "metrics.csv").exists()


def test_loggers_know_their_run(run: Path) -> None:
    for logger in (MetricsTable(Run(run)), EpochLines(Run(run), 3), Dashboard(Run(run))):
        assert (logger.name, logger.version) == ("net", "version_3")


def test_one_line_an_epoch_marks_the_best_so_far(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = EpochLines(Run(run), 30)
    for epoch, accuracy in enumerate((0.7, 0.6, 0.8)):
        lines.log_metrics({"val/loss": 0.6, "val/acc": accuracy, "epoch": epoch}, 19)
        lines.log_metrics({**TRAIN, "epoch": epoch}, 19)
    head, first, second, third = capsys.readouterr().out.splitlines()
    assert head == "    epoch  train loss accuracy    val loss accuracy          lr      time"
    assert first == "     1/30      0.5000   75.00%      0.6000   70.00% *     0.001      12 s"
    assert (second.count("*"), third.count("*")) == (0, 1)


def test_a_line_fits_eighty_columns(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = {"train/loss": 123.45678, "train/acc": 1.0, "val/loss": 123.45678, "val/acc": 1.0}
    lines = EpochLines(Run(run), 1000)
    lines.log_metrics({**values, "lr": 0.000123, "seconds": 12345.6, "epoch": 999}, 19)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 79


def test_a_line_without_validation_or_limit(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    EpochLines(Run(run), -1).log_metrics({**TRAIN, "epoch": 4}, 19)
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split() == ["5", "0.5000", "75.00%", "0.001", "12", "s"]


def read_back(run: Path) -> EventAccumulator:
    events = EventAccumulator(str(run))
    events.Reload()
    return events


def test_the_dashboard_holds_the_curves_and_the_result(run: Path) -> None:
    dashboard = Dashboard(Run(run))
    dashboard.log_layout()
    for step in (0, 1):
        dashboard.log_metrics({**TRAIN, **VAL, "epoch": step}, step)
    dashboard.log_result(
        {"model.width": 6, "data": "Digits"}, {"val": {"accuracy": 0.7, "loss": 0.6}}
    )
    dashboard.finalize("success")
    events = read_back(run)
    names = set(events.Tags()["scalars"])
    assert names == {*TRAIN, *VAL, "result/val accuracy", "result/val loss"}
    values = [event.value for event in events.Scalars("train/loss")]
    assert values == [0.5, 0.5]
    layout = "custom_scalars__config__"
    assert layout in events.Tags()["tensors"]
    assert not (run / "hparams.yaml").exists()
    plugins = events.PluginTagToContent("hparams")
    assert any("experiment" in name for name in plugins)


def test_a_later_test_only_adds_its_scores(run: Path) -> None:
    Dashboard(Run(run)).log_result({}, {"test": {"accuracy": 0.9, "loss": 0.3}})
    events = read_back(run)
    assert set(events.Tags()["scalars"]) == {"result/test accuracy", "result/test loss"}
    (event,) = events.Scalars("result/test accuracy")
    assert math.isclose(event.value, 0.9, rel_tol=1e-6)
