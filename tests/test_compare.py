import json
from pathlib import Path
from typing import Any

import pytest

from imgcls import main
from imgcls.compare import BEGIN, END, table
from imgcls.errors import InputError


def result(seed: int, test: float | None, **changes: Any) -> dict[str, Any]:
    scores = {
        name: {"accuracy": accuracy, "accuracy_interval": [accuracy - 0.01, accuracy + 0.02]}
        for name, accuracy in (("train", 0.95), ("test", test))
        if accuracy is not None
    }
    facts = {
        "experiment": "digits_cnn", "model": "SmallCNN", "data": "Digits", "seed": seed,
        "parameters": 69866, "flops_per_image": 1_004_800, "epochs": 30, "train_seconds": 60 * seed,
        "device": "a processor", "precision": "32-true",
    }  # fmt: skip
    return {**facts, **scores, **changes}


def rows(results: list[dict[str, Any]]) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table(results).split("\n")]


def test_seeds_of_an_experiment_make_a_row_of_mean_and_deviation() -> None:
    row = rows([result(1, 0.90), result(2, 0.92), result(3, 0.97)])[2]
    assert row == [
        "digits_cnn", "SmallCNN", "Digits", "93.00 ± 3.61 %", "95.00 ± 0.00 %", "3", "69,866",
        "1.0", "30", "2.0", "a processor, 32-true",
    ]  # fmt: skip


def test_one_seed_shows_its_interval() -> None:
    row = rows([result(1, 0.90)])[2]
    assert row[3:6] == ["90.00 % (89.0 to 92.0)", "95.00 % (94.0 to 97.0)", "1"]


def test_what_was_not_tested_says_so() -> None:
    assert rows([result(1, None)])[2][3] == "not tested"


def test_experiments_are_sorted_and_as_wide_as_the_header() -> None:
    header, rule, *body = rows([result(1, 0.9, experiment=name) for name in ("b", "a", "c")])
    assert [row[0] for row in body] == ["a", "b", "c"]
    assert {len(row) for row in (header, rule, *body)} == {11}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "version_0"
    folder.mkdir()
    (folder / "result.json").write_text(json.dumps(result(1, 0.9)))
    return folder


def test_the_table_is_printed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", str(run)])
    assert capsys.readouterr().out == table([result(1, 0.9)]) + "\n"


def test_write_replaces_only_what_is_between_the_marks(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = run / "README.md"
    page.write_text(f"# Title\n{BEGIN}\nold\n{END}\n\nMore.\n")
    for _ in range(2):  # the second time changes nothing
        main(["compare", str(run), "--write", str(page)])
        wanted = f"# Title\n{BEGIN}\n{table([result(1, 0.9)])}\n{END}\n\nMore.\n"
        assert page.read_text() == wanted
    assert capsys.readouterr().out == ""


def test_a_page_with_its_marks_the_wrong_way_round_is_left_alone(run: Path) -> None:
    page = run / "README.md"
    page.write_text(f"{END}\n{BEGIN}\n")
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["compare", str(run), "--write", str(page)])
    assert page.read_text() == f"{END}\n{BEGIN}\n"


def test_a_real_run_is_compared(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", str(trained)])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("| digits_cnn | SmallCNN | Digits | not tested | ")


def test_input_errors_are_value_errors() -> None:
    assert issubclass(InputError, ValueError)
