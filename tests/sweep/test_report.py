"""What a study's table and figure say, of made results."""

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from imgcls.runs.run import Run
from imgcls.sweep.report import best_trial, figure
from imgcls.sweep.study import Study
from imgcls.sweep.trial_runs import Outcome
from imgcls.sweep.trials import Trial


def study(kind: str, content: dict[str, dict[str, Any]]) -> Study:
    return Study("mine", [], {}, [0, 1], kind, content, 0)


@pytest.fixture
def reached(tmp_path: Path) -> Any:
    """Return what makes the outcome of a run that reached a validation accuracy, or failed."""

    def outcome(trial: Trial, seed: int, val: float | None) -> Outcome:
        if val is None:
            return Outcome(trial, seed, None, "the loss is nan; so be it")
        run = tmp_path / trial.name / str(seed)
        run.mkdir(parents=True)
        scores = {"train": {"accuracy": 1.0}, "val": {"accuracy": val}}
        result = {"model": "Net", "data": "Digits", **scores}
        (run / "result.json").write_text(json.dumps(result))
        return Outcome(trial, seed, Run(run))

    return outcome


def ticks(drawn: Figure, axis: str) -> list[str]:
    drawn.draw_without_rendering()
    labels = drawn.axes[0].get_xticklabels() if axis == "x" else drawn.axes[0].get_yticklabels()
    return [label.get_text() for label in labels]


def test_the_base_stands_among_the_values_and_first_where_it_is_none_of_them(reached: Any) -> None:
    base = Trial("base", {}, {"model.depth": "2", "data.augment": "base"})
    deep = Trial("depth=3", {"model.depth": 3}, {"model.depth": "3"})
    flip = Trial("augment=flip", {"data.augment": []}, {"data.augment": "flip"})
    outcomes = [reached(base, 0, 0.5), reached(deep, 0, 0.25), reached(flip, 0, None)]
    content: dict[str, dict[str, Any]] = {
        "data.augment": {"flip": []},
        "model.depth": {"3": 3, "2": 2},
    }
    drawn = figure(study("each", content), outcomes)
    assert ticks(drawn, "x") == ["base", "flip"]
    assert [axes.get_xlabel() for axes in drawn.axes] == ["augment", "depth"]
    assert drawn.get_suptitle() == "Net on Digits"


def test_variants_bear_the_names_of_the_study(reached: Any) -> None:
    baseline, variant = Trial("baseline", {}), Trial("no_crop", {"data.augment": None})
    outcomes = [reached(baseline, 0, 0.5), reached(variant, 0, 0.6), reached(variant, 1, None)]
    drawn = figure(study("variants", {"no crop": {"data.augment": None}}), outcomes)
    assert ticks(drawn, "y") == ["no crop"]
    assert [text.get_text() for text in drawn.axes[0].texts] == ["+10.00, 1 failed"]


def test_the_best_trial_has_the_best_mean_and_no_failure(reached: Any) -> None:
    one, two, three = (Trial(name, {}) for name in ("one", "two", "three"))
    outcomes = [
        reached(trial, seed, val)
        for trial, values in ((one, (0.9, None)), (two, (0.6, 0.8)), (three, (0.75, 0.5)))
        for seed, val in enumerate(values)
    ]
    best = best_trial(outcomes)
    assert best is not None
    assert best[0] is two
    assert best[1] == pytest.approx(0.7)
    assert best_trial(outcomes[:2]) is None
