import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import Fit
from results import accuracy, result

from imgcls import main
from imgcls.comparison.table import comparison_table, read_runs
from imgcls.errors import InputError
from imgcls.runs.ledger import Ledger
from imgcls.runs.run import Run

BEGIN, END = "<!-- results: written by imgcls compare -->", "<!-- end of results -->"
CONFIG = {
    "seed_everything": 1,
    "trainer": {"max_epochs": 30},
    "model": {"class_path": "SmallCNN", "init_args": {}},
    "data": {"class_path": "Digits", "init_args": {"root": "/data"}},
}


def cells(results: list[dict[str, Any]], **options: Any) -> list[list[str]]:
    lines = comparison_table(results, **options).split("\n")
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def column(heading: str, results: list[dict[str, Any]], **options: Any) -> list[str]:
    """Return what stands below a heading."""
    head, _rule, *body = cells(results, **options)
    return [row[head.index(heading)] for row in body]


def records(results: list[dict[str, Any]], **options: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(comparison_table(results, form="csv", **options).split("\n")))


def seeds(name: str, *accuracies: float, **changes: Any) -> list[dict[str, Any]]:
    """Return runs with the seeds 1, 2, ... and their test accuracies."""
    return [
        result(seed, share, experiment=name, folder=Path(f"{name}/version_{seed}"), **changes)
        for seed, share in enumerate(accuracies, start=1)
    ]


def test_seeds_of_an_experiment_make_a_row_of_mean_and_deviation() -> None:
    row = cells([result(1, 0.90), result(2, 0.92), result(3, 0.97)])[2]
    assert row == [
        "digits_cnn", "SmallCNN", "Digits", "93.00 ± 3.61 %", "2.08", "95.00 ± 0.00 %", "3",
        "0", "-",
        "69,866", "1.0", "30", "2.0 min", "a processor, 32-true",
    ]  # fmt: skip


def test_one_seed_shows_its_interval() -> None:
    row = cells([result(1, 0.90)])[2]
    assert row[3:7] == ["90.00 % (89.0 to 92.0)", "-", "95.00 % (94.0 to 97.0)", "1"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (2.25, "2.2 s"), (59, "59.0 s"), (75, "1.2 min")]
)
def test_a_time_has_the_unit_of_its_size(seconds: float, shown: str) -> None:
    assert column("time", [result(1, 0.9, train_seconds=seconds)]) == [shown]


def test_what_was_not_tested_says_so_and_shows_validation() -> None:
    one, other = result(1, None), result(2, None, val=accuracy(0.87))
    single = ["85.00 % (84.0 to 87.0) on validation, not tested"]
    assert column("test accuracy", [one]) == single
    assert column("test accuracy", [one, other]) == ["86.00 ± 1.41 % on validation, not tested"]
    assert column("standard error", [one, other]) == ["1.00"]
    del one["val"]
    assert column("test accuracy", [one]) == ["not tested"]


def test_a_csv_keeps_validation_out_of_the_test_columns() -> None:
    (row,) = records([result(1, None)])
    parts = ("mean", "std", "sem", "low", "high", "runs")
    assert [row[f"test_accuracy_{part}"] for part in parts] == [*[""] * 5, "0"]
    assert [row[f"val_accuracy_{part}"] for part in parts] == ["85.0", "", "", "84.0", "87.0", "1"]


def test_a_run_that_was_not_tested_does_not_count_in_the_test_accuracy() -> None:
    some = [result(1, 0.9), result(2, 0.92), result(3, None)]
    assert column("test accuracy", some) == ["91.00 ± 1.41 %, 2 of 3 runs"]
    assert column("standard error", some) == ["1.00"]


def test_experiments_are_as_wide_as_the_header() -> None:
    header, rule, *body = cells([result(1, 0.9, experiment=name) for name in ("b", "a", "c")])
    assert [row[0] for row in body] == ["a", "b", "c"]
    assert {len(row) for row in (header, rule, *body)} == {14}


def test_of_the_runs_of_one_seed_one_counts() -> None:
    again = result(1, 0.99, folder=Path("version_3"))
    results = [again, result(1, 0.90), result(2, 0.92)]
    assert column("seeds", results) == ["2"]
    assert column("test accuracy", results) == ["91.00 ± 1.41 %"]
    assert column("test accuracy", results[:2]) == ["90.00 % (89.0 to 92.0)"]
    others = [result(seed, 0.8, experiment="b") for seed in (1, 2)]
    changes = column("difference", [*results, *others], baseline="version_3")  # left out itself
    assert changes == ["baseline", "-11.00 ± 1.41 points, paired"]


def test_times_of_unlike_devices_stand_apart() -> None:
    two = {"device": "two processors", "folder": Path("version_9")}
    results = [result(1, 0.9), result(2, 0.9), result(3, 0.9, **two)]
    assert column("time", results) == ["1.5 min (a processor); 3.0 min (two processors)"]
    results[0]["precision"] = "bf16-mixed"
    assert column("time", results[:2]) == [
        "2.0 min (a processor, 32-true); 1.0 min (a processor, bf16-mixed)"
    ]
    assert records(results)[0]["seconds"] == ""


def test_devices_and_epochs_of_a_row_are_all_told() -> None:
    gpu = {"device": "a GPU", "precision": "bf16-mixed"}
    results = [result(1, 0.9), result(2, 0.9, epochs=20, **gpu), result(3, 0.9, **gpu)]
    assert column("device", results) == ["a GPU, bf16-mixed; a processor, 32-true"]
    assert column("epochs", results) == ["20 to 30"]


def test_weights_have_a_column_only_where_they_differ() -> None:
    last = result(1, 0.9, experiment="late", weights="last, epoch 30")
    assert "weights" not in cells([last])[0]
    assert column("weights", [last, result(1, 0.9), result(2, 0.9)]) == ["best", "last"]


def test_validation_leaves_the_test_out() -> None:
    results = [result(1, 0.9), result(2, None)]
    assert not any("test" in heading for heading in cells(results, split="val")[0])
    assert column("validation accuracy", results, split="val") == ["85.00 ± 0.00 %"]
    without = result(1, 0.9)
    del without["val"]
    assert column("validation accuracy", [without], split="val") == ["not validated"]


def test_a_test_set_seen_in_training_is_marked_and_kept_apart() -> None:
    seen = result(2, 0.98, validated_on="test")
    results = [seen, result(1, 0.90)]
    assert column("test accuracy", results) == [
        "90.00 % (89.0 to 92.0)",
        "98.00 % (97.0 to 100.0) (seen in training)",
    ]
    assert [each["seen_in_training"] for each in records(results)] == ["False", "True"]
    assert column("validation accuracy", [seen], split="val") == ["85.00 % (84.0 to 87.0)"]


def test_evaluations_and_tuning_stand_beside_the_seeds() -> None:
    results = [result(1, 0.90, evaluations=4), result(2, 0.92, evaluations=4)]
    assert column("evaluations", results) == ["4"]
    assert column("tuned with", results) == ["-"]
    effort: dict[str, Any] = {"trainings": 1, "petaflops": None}
    assert column("tuned with", [result(1, 0.9, tuned_with=effort)]) == ["1 training"]
    effort = {"trainings": 1200, "petaflops": 1.2345}
    tuned = [*results, result(3, 0.9, tuned_with=effort)]
    assert column("tuned with", tuned) == ["1,200 trainings, 1.23 PFLOP"]
    (row,) = records(tuned)
    assert (row["evaluations"], row["tuning_trainings"]) == ("4", "1200")
    head = comparison_table(results, split="val").split("\n")[0]
    assert "evaluations" not in head
    assert "tuned with" not in head


def test_evaluations_are_those_of_the_ledger(tmp_path: Path) -> None:
    for version in (0, 1):
        folder = tmp_path / "digits_cnn" / f"version_{version}"
        folder.mkdir(parents=True)
        content = result(version, 0.9, folder=str(folder), test_set="a hash")
        Run(folder).write_result(content)
        Run(folder).write_config(CONFIG)
    ledger = Ledger(tmp_path, "digits_cnn")
    for images in ("a hash", "a hash", "another", "a hash"):
        ledger.add(images)
    assert column("evaluations", read_runs(sorted(tmp_path.glob("*/v*")))) == ["3"]
    main(["compare", *map(str, tmp_path.glob("digits_cnn/*"))])  # as a shell would write it


def test_a_csv_has_plain_numbers() -> None:
    (both,) = records([result(1, 0.90), result(2, 0.92)])
    expected = {
        "experiment": "digits_cnn", "seen_in_training": "False", "model": "SmallCNN",
        "data": "Digits", "test_accuracy_mean": "91.0", "test_accuracy_std": "1.414214",
        "test_accuracy_sem": "1.0", "test_accuracy_low": "", "test_accuracy_high": "",
        "test_accuracy_runs": "2", "val_accuracy_mean": "85.0", "val_accuracy_std": "0.0",
        "val_accuracy_sem": "0.0", "val_accuracy_low": "", "val_accuracy_high": "",
        "val_accuracy_runs": "2", "train_accuracy_mean": "95.0", "train_accuracy_std": "0.0",
        "train_accuracy_sem": "0.0", "train_accuracy_low": "", "train_accuracy_high": "",
        "train_accuracy_runs": "2", "seeds": "2", "evaluations": "0", "tuning_trainings": "",
        "tuning_petaflops": "",
        "parameters": "69866", "flops_per_image": "1004800", "epochs": "30", "seconds": "90",
        "device": "a processor", "precision": "32-true",
    }  # fmt: skip
    assert both == expected
    (single,) = records([result(1, 0.90)])
    assert (single["test_accuracy_low"], single["test_accuracy_high"]) == ("89.0", "92.0")


def test_a_baseline_adds_differences_in_points() -> None:
    results = [
        *seeds("a", 0.90, 0.92),
        *seeds("b", 0.92, 0.93),  # by 2 and 1 points
        *seeds("c", 0.80),
        *seeds("d", 0.90, 0.92, 0.91),
        *seeds("e", 0.99, 0.99, data="Other"),
        *seeds("f", 0.895, 0.925),
    ]
    expected = [
        "baseline", "+1.50 ± 0.71 points, paired", "-11.00 points", "+0.00 ± 1.73 points",
        "+0.00 ± 0.71 points, paired", "other data",
    ]  # fmt: skip
    assert column("difference", results, baseline="a") == expected
    assert column("difference", results, baseline="a/version_2") == expected
    rows = {row["experiment"]: row for row in records(results, baseline="a")}
    names = ("difference_mean", "difference_std", "difference_paired")
    assert [[rows[name][key] for key in names] for name in ("a", "b", "c")] == [
        ["", "", ""],
        ["1.5", "0.707107", "True"],
        ["-11.0", "", "False"],
    ]


def test_a_baseline_is_compared_on_the_split_that_is_shown() -> None:
    better = [result(1, 0.5, experiment="b", val=accuracy(0.9))]
    results = [*seeds("a", 0.9), *better]
    assert column("difference", results, split="val", baseline="a")[1] == "+5.00 points"
    untested = [result(1, None, experiment="b")]
    assert column("difference", [*seeds("a", 0.9), *untested], baseline="a")[1] == "-"


def test_a_baseline_that_is_not_there_names_those_that_are() -> None:
    results = [*seeds("a", 0.9, 0.8), *seeds("b", 0.9)]
    with pytest.raises(InputError, match=r"--baseline c is not among the runs; there are: a, b$"):
        comparison_table(results, baseline="c")


def test_a_baseline_of_two_kinds_is_told_by_its_folder() -> None:
    results = [*seeds("a", 0.9), result(2, 0.98, experiment="a", validated_on="test")]
    with pytest.raises(InputError, match="--baseline a means two"):
        comparison_table(results, baseline="a")
    assert column("difference", results, baseline="version_2") == ["baseline", "-8.00 points"]


def write_run(folder: Path, content: dict[str, Any], **trainer: Any) -> Path:
    folder.mkdir(parents=True)
    told = {key: value for key, value in content.items() if key != "folder"}
    (folder / "result.json").write_text(json.dumps(told))
    config = {**CONFIG, "seed_everything": content["seed"], "trainer": {"max_epochs": 30} | trainer}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "version_0", result(1, 0.9))


def test_runs_are_read_with_their_folder(run: Path) -> None:
    (read,) = read_runs([run])
    assert read["folder"] == run
    expected = result(1, 0.9)
    assert {key: read[key] for key in expected if key != "folder"} == {
        key: value for key, value in expected.items() if key != "folder"
    }


def test_the_table_is_printed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", str(run)])
    assert capsys.readouterr().out == comparison_table([result(1, 0.9)], form="text") + "\n"


@pytest.mark.parametrize("form", ["markdown", "csv", "latex"])
def test_another_form_is_printed(run: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    main(["compare", str(run), "--format", form, "--split", "val", "--baseline", "digits_cnn"])
    expected = comparison_table([result(1, 0.9)], split="val", baseline="digits_cnn", form=form)
    assert capsys.readouterr().out == expected + "\n"


def test_runs_with_other_settings_are_not_averaged(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_run(run.with_name("version_1"), result(2, 0.9), max_epochs=40)
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["compare", str(run), str(other)])
    assert capsys.readouterr().err == (
        f"imgcls: {run} and {other} are both of 'digits_cnn', but differ in trainer.max_epochs: "
        "30 and 40; give them different --name, or compare one alone\n"
    )


def test_runs_of_two_machines_are_averaged(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = write_run(run.with_name("version_1"), result(2, 0.92), accelerator="gpu")
    main(["compare", str(run), str(other)])
    assert "91.00 ± 1.41 %" in capsys.readouterr().out


@pytest.mark.parametrize("test", [0.95, None])
def test_a_run_that_repeats_a_seed_is_named_beside_the_table(
    run: Path, capsys: pytest.CaptureFixture[str], test: float | None
) -> None:
    again = write_run(run.with_name("version_3"), result(1, test))
    for flags in ([], ["--format", "csv"]):
        main(["compare", str(run), str(again), str(run), *flags])
        told = capsys.readouterr()
        main(["compare", str(run), *flags])
        assert told.out == capsys.readouterr().out
        assert told.err == f"left out: {again} repeats seed 1 of {run}\n"


def test_write_replaces_only_what_is_between_the_marks(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = run / "README.md"
    page.write_text(f"# Title\n{BEGIN}\nold\n{END}\n\nMore.\n")
    for _ in range(2):  # the second time changes nothing
        main(["compare", str(run), "--write", str(page)])
        wanted = f"# Title\n{BEGIN}\n{comparison_table([result(1, 0.9)])}\n{END}\n\nMore.\n"
        assert page.read_text() == wanted
    assert capsys.readouterr().out == ""


def test_ranks_follow_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = result(1, 0.9123, experiment="tiny", data="FashionMNIST")
    run = write_run(tmp_path / "version_0", content)
    main(["compare", str(run), "--against", "fashion_mnist_table3"])
    text, _, rank = capsys.readouterr().out.partition("\n\n")
    assert text == comparison_table([content])
    assert "tiny: 91.23 % is above all 126 published rows:" in rank
    assert rank.endswith("and 123 more below it, which --write lists too\n")
    page = tmp_path / "README.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    main(["compare", str(run), "--against", "fashion_mnist_table3", "--write", str(page)])
    assert page.read_text().count("| below it |") == 126


def test_a_page_with_its_marks_the_wrong_way_round_is_left_alone(run: Path) -> None:
    page = run / "README.md"
    page.write_text(f"{END}\n{BEGIN}\n")
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["compare", str(run), "--write", str(page)])
    assert page.read_text() == f"{END}\n{BEGIN}\n"


def test_a_real_run_is_compared(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", str(trained), "--format", "markdown"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("| digits_cnn | SmallCNN | Digits | ")
    assert " on validation, not tested | - | " in last


def test_real_runs_of_one_experiment_are_told_apart_by_their_config(
    trained: Path, fit: Fit, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = fit("--seed_everything", 5, "--trainer.accelerator", "cpu")
    capsys.readouterr()
    main(
        [
            "compare",
            str(trained),
            str(seed),
            str(shutil.copytree(seed, "copy")),
            "--format",
            "markdown",
        ]
    )
    assert "| 2 | 0 | - | 69,866 |" in capsys.readouterr().out
    rate = fit("--seed_everything", 6, "--model.optimizer.lr", 0.5)
    capsys.readouterr()
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["compare", str(trained), str(seed), str(rate)])
    error = capsys.readouterr().err
    assert "differ in model.init_args.optimizer.init_args.lr: 0.003 and 0.5" in error


def test_input_errors_are_value_errors() -> None:
    assert issubclass(InputError, ValueError)
