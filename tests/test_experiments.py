from pathlib import Path
from typing import Any

import pytest
from results import accuracy, result

from imgcls.comparison.experiments import Experiment, difference, group, repeats
from imgcls.errors import InputError


def runs(name: str, accuracies: dict[int, float]) -> Experiment:
    """Return an experiment of test accuracies by seed."""
    results = [result(seed, share, experiment=name) for seed, share in accuracies.items()]
    return Experiment(name, seen_in_training=False, runs=results)


def change(ours: Experiment, theirs: Experiment) -> tuple[float, float | None, bool]:
    """Return the difference in test accuracy, rounded."""
    found = difference(ours, theirs, "test")
    assert found is not None
    std = None if found.std is None else round(found.std, 6)
    return round(found.mean, 6), std, found.paired


def test_the_same_seeds_are_compared_seed_by_seed() -> None:
    ours = runs("b", {2: 0.92, 1: 0.90, 3: 0.97})
    theirs = runs("a", {1: 0.89, 2: 0.90, 3: 0.94})
    # the differences are 1, 2 and 3 points, although both spread by several points
    assert change(ours, theirs) == (2, 1, True)


def test_other_seeds_are_compared_by_their_means() -> None:
    ours, theirs = runs("b", {1: 0.90, 2: 0.94}), runs("a", {1: 0.80, 3: 0.81, 4: 0.82})
    # variances of 90 and 94: 8; of 80, 81 and 82: 1
    assert change(ours, theirs) == (11, 3, False)


@pytest.mark.parametrize("accuracies", [{1: 0.9}, {2: 0.9}, {1: 0.88, 2: 0.92}])
def test_a_single_seed_has_a_difference_without_spread(accuracies: dict[int, float]) -> None:
    assert change(runs("b", accuracies), runs("a", {1: 0.8})) == (10, None, False)


def test_what_was_not_scored_has_no_difference_and_its_seeds_do_not_count() -> None:
    ours, theirs = runs("b", {1: 0.9, 2: 0.92}), runs("a", {1: 0.8, 2: 0.8})
    untested = Experiment("b", False, [result(1, None)])
    assert difference(untested, theirs, "test") is None
    assert difference(theirs, untested, "test") is None
    ours.runs.append(result(3, None))
    assert change(ours, theirs)[2]


def test_experiments_are_sorted_by_data_set_and_name() -> None:
    given = [("b", "MNIST"), ("a", "MNIST"), ("z", "Digits")]
    grouped = group([result(1, 0.9, experiment=name, data=data) for name, data in given])
    assert [each.name for each in grouped] == ["z", "a", "b"]


def test_a_test_set_seen_in_training_makes_an_experiment_of_its_own() -> None:
    seen = result(2, 0.99, validated_on="test", recipe={"data.init_args.validate_on": "test"})
    honest = result(1, 0.90, validated_on="val", recipe={"data.init_args.validate_on": "val"})
    grouped = group([seen, result(3, 0.95, recipe=honest["recipe"]), honest])
    assert [(each.seen_in_training, each.accuracies("test")) for each in grouped] == [
        (False, [95, 90]),
        (True, [99]),
    ]


def version(number: int, seed: int, test: float | None, **changes: Any) -> dict[str, Any]:
    return result(seed, test, folder=Path(f"digits_cnn/version_{number}"), **changes)


@pytest.mark.parametrize(
    "again",
    [
        version(3, 1, 0.9, train_seconds=70),  # all scores as before
        version(3, 1, 0.9, val=accuracy(0.8501)),  # on another machine
        version(10, 1, 0.95),  # newer, although its name is sorted before
        version(0, 1, None),  # older, but not tested
        result(1, 0.95, folder=Path("digits_cnn/copy")),
    ],
)
def test_of_the_runs_of_one_seed_the_oldest_that_was_tested_counts(again: dict[str, Any]) -> None:
    first, second = version(2, 1, 0.9), version(1, 2, 0.92)
    for given in ([first, again, second], [again, second, first]):
        (experiment,) = group(given)
        assert [run for run in given if run in (first, second)] == experiment.runs
        assert experiment.left_out == [again]
        folder = again["folder"]
        assert repeats([experiment]) == [
            f"left out: {folder} repeats seed 1 of digits_cnn/version_2"
        ]


def test_where_none_was_tested_the_oldest_run_of_a_seed_counts() -> None:
    (experiment,) = group([version(3, 1, None), version(2, 1, None)])
    assert experiment.runs == [version(2, 1, None)]


def test_a_folder_that_is_given_twice_repeats_nothing() -> None:
    (experiment,) = group([version(0, 1, 0.9), version(0, 1, 0.9)])
    assert len(experiment.runs) == 1
    assert repeats([experiment]) == []


def test_times_are_averaged_on_each_device_and_in_each_precision() -> None:
    gpu = {"device": "a GPU", "precision": "bf16-mixed"}
    (experiment,) = group([result(1, 0.9), result(2, 0.9), result(3, 0.9, **gpu)])
    assert experiment.seconds() == {("a GPU", "bf16-mixed"): 180, ("a processor", "32-true"): 90}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"model": "LeNet5"}, "model: SmallCNN and LeNet5;"),
        ({"data": "MNIST"}, "data: Digits and MNIST;"),
        ({"parameters": 5}, "parameters: 69866 and 5;"),
        ({"recipe": {"trainer.max_epochs": 9}}, "trainer.max_epochs: 5 and 9;"),
        ({"recipe": {"trainer": None}}, "trainer.max_epochs: 5 and None;"),
        ({"train": {**accuracy(0.95), "images": 8}}, "training images: None and 8;"),
    ],
)
def test_runs_that_differ_in_more_than_the_seed_are_not_averaged(
    changes: dict[str, Any], text: str
) -> None:
    one = result(1, 0.9, recipe={"trainer.max_epochs": 5})
    other = result(2, 0.9, **{"recipe": one["recipe"], **changes})
    with pytest.raises(InputError) as error:
        group([one, other])
    line = f"version_1 and version_2 are both of 'digits_cnn', but differ in {text}"
    assert str(error.value).startswith(line)


def test_runs_of_before_and_after_a_new_option_are_averaged() -> None:
    older = {"model.init_args.width": 8, "trainer.max_epochs": 5}
    newer = {**older, "model.init_args.bias_rate": 1.0}
    assert len(group([result(1, 0.9, recipe=older), result(2, 0.9, recipe=newer)])) == 1


def test_early_stops_may_end_at_different_epochs() -> None:
    assert len(group([result(1, 0.9, epochs=12), result(2, 0.9, epochs=15)])) == 1
