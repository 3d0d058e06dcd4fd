from pathlib import Path
from typing import Any

import pytest

from imgcls.errors import InputError
from imgcls.sweep.study import Study
from imgcls.sweep.trials import Trial, described, trials_of

CROP = [{"class_path": "RandomCrop"}]
VALUES: dict[str, dict[str, Any]] = {
    "model.optimizer.lr": {"0.1": 0.1, "1": 1},
    "data.augment": {"none": None, "crop, twice": CROP},
}


def study(kind: str, content: dict[str, dict[str, Any]]) -> Study:
    return Study("mine", [Path("base.yaml")], {}, [0], kind, content, 0)


def test_each_changes_one_setting_of_the_base() -> None:
    trials = trials_of(study("each", VALUES))
    assert {trial.name: trial.settings for trial in trials} == {
        "base": {},
        "optimizer.lr=0.1": {"model.optimizer.lr": 0.1},
        "optimizer.lr=1": {"model.optimizer.lr": 1},
        "augment=none": {"data.augment": None},
        "augment=crop_twice": {"data.augment": CROP},
    }
    assert trials[-1].labels == {"data.augment": "crop, twice"}


def test_a_grid_is_every_combination() -> None:
    trials = trials_of(study("grid", VALUES))
    assert [trial.name for trial in trials] == [
        "optimizer.lr=0.1,augment=none",
        "optimizer.lr=0.1,augment=crop_twice",
        "optimizer.lr=1,augment=none",
        "optimizer.lr=1,augment=crop_twice",
    ]
    assert trials[1].settings == {"model.optimizer.lr": 0.1, "data.augment": CROP}
    assert described(trials[1]) == "optimizer.lr 0.1, augment crop, twice"


def test_variants_are_run_beside_a_baseline() -> None:
    content: dict[str, dict[str, Any]] = {
        "no crop": {"data.augment": None},
        "../up": {"model.optimizer.lr": 1},
    }
    assert trials_of(study("variants", content)) == [
        Trial("baseline", {}),
        Trial("no_crop", {"data.augment": None}),
        Trial(".._up", {"model.optimizer.lr": 1}),
    ]


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("variants", {"baseline": {}}, "two trials are called 'baseline'"),
        ("each", {"model.a": {"b c": 1, "b_c": 2}}, "two trials are called 'a=b_c'"),
        ("grid", {"model.a": {"x" * 300: 1}}, "is too long for a folder: give its values short"),
    ],
)
def test_trials_that_could_not_be_told_apart_are_refused(
    kind: str, content: dict[str, dict[str, Any]], text: str
) -> None:
    with pytest.raises(InputError, match=text):
        trials_of(study(kind, content))
