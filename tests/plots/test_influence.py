import io

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from imgcls.plots import differences, influence, search_path
from imgcls.plots.influence import Accuracies, Panel

RATES: Panel = {
    "1": [Accuracies(0.5, 0.25), None],
    "0.01": [Accuracies(0.75, 0.5), Accuracies(0.75, 0.25)],
    "10": [None],
}


def numbers(line: Line2D) -> list[list[float]]:
    """Return the points of a line as pairs."""
    pairs: list[list[float]] = np.array(line.get_xydata()).tolist()
    return pairs


def points(axes: Axes, name: str) -> list[tuple[float, float]]:
    """Return the points of a labelled series."""
    (series,) = [line for line in axes.lines if line.get_label() == name]
    return [(x, y) for x, y in numbers(series)]


def texts(figure: Figure) -> list[str]:
    figure.savefig(io.BytesIO())
    return [label.get_text() for label in figure.axes[0].get_xticklabels()]


def test_influence_shows_each_run_and_the_means() -> None:
    panels: dict[str, Panel] = {"lr": RATES, "norm": {"true": [Accuracies(0.5, 0.5)]}}
    figure = influence(panels, {"lr": "1"}, "model")
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert texts(figure) == ["0.01", "1", "10"]
    assert points(axes, "validation") == [(0.01, 50), (0.01, 25), (1, 25)]
    assert points(axes, "training") == [(0.01, 75), (0.01, 75), (1, 50)]
    means = [numbers(line) for line in axes.lines if line.get_linestyle() == "-"]
    assert [[0.01, 37.5], [1, 25]] in means
    assert points(axes, "base") == [(1, 0), (1, 1)]
    assert [x for x, _ in points(axes, "failed")] == [1, 10]
    low, _ = axes.get_ylim()
    assert low < 25
    assert figure.axes[1].get_ylim() == axes.get_ylim()
    assert [axes.get_xlabel() for axes in figure.axes] == ["lr", "norm"]
    assert figure.get_suptitle() == "model"


@pytest.mark.parametrize(
    ("values", "ordered", "positions"),
    [
        (["512", "32", "128"], ["32", "128", "512"], [32, 128, 512]),
        (["8", "2", "4"], ["2", "4", "8"], [0, 1, 2]),
        (["0.5", "0", "0.05"], ["0", "0.05", "0.5"], [0, 1, 2]),
        (["1e+30", "0.1", "0.2"], ["0.1", "0.2", "1e+30"], [0, 1, 2]),
        (["true", "false"], ["true", "false"], [0, 1]),
        (["flip", "flip and crop", "10"], ["flip", "flip and\ncrop", "10"], [0, 1, 2]),
    ],
)
def test_values_are_at_legible_positions(
    values: list[str], ordered: list[str], positions: list[float]
) -> None:
    run = Accuracies(0.5, 0.5)
    figure = influence({"a": {value: [run] for value in values}}, {})
    assert [x for x, _ in points(figure.axes[0], "validation")] == positions
    assert texts(figure) == ordered


def test_a_hyper_parameter_whose_runs_all_failed_is_drawn() -> None:
    figure = influence({"a": {"1": [None]}}, {})
    assert [x for x, _ in points(figure.axes[0], "failed")] == [0]
    figure.savefig(io.BytesIO())


def test_differences_compare_seed_by_seed() -> None:
    baseline = {0: 0.5, 1: 0.7, 2: None}
    variants: dict[str, dict[int, float | None]] = {
        "more": {0: 0.51, 1: 0.75, 2: 0.9},
        "less": {0: None, 1: 0.4},
        "none": {1: None},
    }
    figure = differences(variants, baseline, "model")
    axes = figure.axes[0]
    dots = [numbers(line) for line in axes.lines if line.get_color() == "black"]
    for drawn, wanted in zip(dots, [[[1, 0], [5, 0]], [[-30, 1]]], strict=True):
        np.testing.assert_allclose(drawn, wanted, atol=1e-9)
    assert [text.get_text() for text in axes.texts] == [
        "+3.00 ± 2.83",
        "-30.00, 1 failed",
        "1 failed",
    ]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["more", "less", "none"]
    assert "(60.00%)" in axes.get_xlabel()
    figure.savefig(io.BytesIO())


def test_a_search_shows_its_best_so_far_and_each_setting() -> None:
    trials: list[dict[str, str | float]] = [
        {"lr": 0.001, "model": "b"},
        {"lr": 1.0, "model": "a"},
        {"lr": 0.1, "model": "b"},
    ]
    figure = search_path(trials, [None, 0.5, 0.25], "model")
    path, lr, model = figure.axes
    assert points(path, "trial") == [(2, 50), (3, 25)]
    assert [y for _, y in points(path, "best so far")][1:] == [50, 50]
    assert lr.get_xscale() == "log"
    assert points(lr, "best") == [(1, 50)]
    assert [x for x, _ in points(lr, "failed")] == [0.001]
    assert points(model, "trial") == [(1, 50), (0, 25)]
    figure.savefig(io.BytesIO())


def test_nothing_to_draw_is_reported() -> None:
    with pytest.raises(ValueError, match="no hyper-parameter"):
        influence({}, {})
    with pytest.raises(ValueError, match="no variant"):
        differences({}, {})
    with pytest.raises(ValueError, match="no trial"):
        search_path([], [])
