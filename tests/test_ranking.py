import csv
import itertools
from importlib.resources import files

import pytest
from results import result

from imgcls.comparison.experiments import Experiment
from imgcls.comparison.ranking import ranks
from imgcls.errors import InputError

TABLE = "fashion_mnist_table3"


def trained(*accuracies: float, data: str = "FashionMNIST", seen: bool = False) -> Experiment:
    results = [result(seed, share, data=data) for seed, share in enumerate(accuracies)]
    return Experiment("tiny", seen, results)


def rank(experiment: Experiment) -> list[str]:
    """Return the lines below the one that names the table."""
    head, _, rest = ranks([experiment], TABLE).partition("\n\n")
    assert "Xiao, Rasul, Vollgraf" in head
    return rest.split("\n")


def test_the_published_table_is_whole() -> None:
    text = files("imgcls.comparison.published").joinpath(f"{TABLE}.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 126
    best = max(rows, key=lambda row: float(row["fashion_mnist_accuracy"]))
    assert list(best.values()) == ["SVC", "C10 rbf", "0.897", "0.973"]
    shares = itertools.chain.from_iterable(list(row.values())[2:] for row in rows)
    assert all(0 < float(share) < 1 for share in shares)


def test_above_all_names_the_nearest() -> None:
    first, _, _, _, *rows = rank(trained(0.91, 0.9146))
    assert first == "tiny: 91.23 % is above all 126 published rows:"
    assert rows[:2] == ["| this one | tiny |  | 91.2 % |", "| below it | SVC | C10 rbf | 89.7 % |"]
    assert rows[-1] == "and 123 more below it, which --write lists too"


def test_the_whole_ranking_has_every_row_and_its_own_in_place() -> None:
    _head, _, rest = ranks([trained(0.885)], TABLE, whole=True).partition("\n\n")
    rows = rest.split("\n")[4:]
    assert len(rows) == 127
    assert rows[4] == "| this one | tiny |  | 88.5 % |"
    assert rows[-1] == "| below it | LinearSVC | sqhinge C100 cs l2 | 48.4 % |"


def test_rows_that_beat_it_are_listed_with_the_nearest_below() -> None:
    assert rank(trained(0.885)) == [
        "tiny: 88.50 % is above 122 of 126 published rows; beaten by 4:",
        "",
        "| published | classifier | parameters | accuracy |",
        "|---|---|---|---:|",
        "| above it | SVC | C10 rbf | 89.7 % |",
        "| above it | SVC | C10 poly | 89.1 % |",
        "| above it | SVC | C100 poly | 89.0 % |",
        "| above it | SVC | C100 rbf | 89.0 % |",
        "| this one | tiny |  | 88.5 % |",
        "| below it | GradientBoosting | n100 d10 | 88.0 % |",
        "| below it | SVC | C1 rbf | 87.9 % |",
        "| below it | RandomForest | n100 entropy d100 | 87.3 % |",
        "",
        "and 119 more below it, which --write lists too",
    ]


def test_what_is_equal_at_one_decimal_is_a_tie() -> None:
    first, _, _, _, *rows = rank(trained(0.89049))
    assert first == "tiny: 89.05 % is above 122 of 126 published rows; a tie with 2; beaten by 2:"
    assert [row.split(" | ")[0] for row in rows] == (
        ["| above it"] * 2 + ["| a tie"] * 2 + ["| this one"] + ["| below it"] * 3
    ) + ["", "and 119 more below it, which --write lists too"]


def test_a_tie_with_the_best_is_not_above_all() -> None:
    assert rank(trained(0.897))[0] == (
        "tiny: 89.70 % is above 125 of 126 published rows; a tie with 1:"
    )


def test_below_all_has_none_below() -> None:
    lines = rank(trained(0.1))
    assert lines[0] == "tiny: 10.00 % is above 0 of 126 published rows; beaten by 126:"
    assert len(lines) == 4 + 126 + 1


def test_mnist_has_a_column_of_its_own() -> None:
    lines = rank(trained(0.975, data="MNIST"))
    assert lines[0] == "tiny: 97.50 % is above 124 of 126 published rows; beaten by 2:"
    assert lines[4] == "| above it | SVC | C100 poly | 97.8 % |"


def test_what_was_seen_in_training_says_so() -> None:
    assert rank(trained(0.95, seen=True))[0].startswith("tiny (seen in training): 95.00 % is above")


def test_what_was_not_tested_has_no_rank() -> None:
    untested = Experiment("tiny", False, [result(1, None, data="MNIST")])
    assert rank(untested) == ["tiny: not tested, so it has no rank"]


def test_another_table_or_data_set_is_refused() -> None:
    with pytest.raises(InputError, match=r"'table4'; shipped: fashion_mnist_table3$"):
        ranks([trained(0.9)], "table4")
    with pytest.raises(InputError, match="FashionMNIST and MNIST, but tiny was trained on Digits"):
        ranks([trained(0.9, data="Digits")], TABLE)
