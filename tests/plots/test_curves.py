import io

import pytest
from matplotlib.figure import Figure

from imgcls.plots import curves

ROWS = [
    {"epoch": 0, "train/loss": 2.0, "train/acc": 0.2, "val/loss": 2.1, "val/acc": 0.25},
    {"epoch": 1, "train/loss": 1.0, "train/acc": 0.6, "val/loss": 1.5, "val/acc": 0.5},
    {"epoch": 2, "train/loss": 0.5, "train/acc": 0.8, "val/loss": 1.6, "val/acc": 0.45},
]


def line(figure: Figure, axes: int, number: int) -> list[list[float]]:
    """Return x and y of a line."""
    points: list[list[float]] = figure.axes[axes].lines[number].get_xydata().T.tolist()  # type: ignore[union-attr]
    return points


def test_curves_show_the_numbers_and_mark_the_best_epoch() -> None:
    figure = curves(ROWS, "a model")
    assert line(figure, 0, 0) == [[1, 2, 3], [2.0, 1.0, 0.5]]
    assert line(figure, 1, 1) == [[1, 2, 3], [25, 50, 45]]
    assert line(figure, 1, 2)[0] == [2, 2]
    assert figure.axes[1].lines[2].get_label() == "best: epoch 2, 50.0 %"
    figure.savefig(io.BytesIO())


def test_epochs_without_validation_are_left_out() -> None:
    rows = [{name: v for name, v in row.items() if "val" not in name} for row in ROWS[:2]]
    assert line(curves([*rows, ROWS[2]]), 0, 1) == [[3], [1.6]]
    assert len(curves(rows).axes[0].lines) == 1


def test_an_epoch_that_is_no_number_is_a_gap_and_never_the_best() -> None:
    nan, inf = float("nan"), float("inf")
    spoilt = {"epoch": 0, "train/loss": nan, "train/acc": 0.1, "val/loss": inf, "val/acc": nan}
    figure = curves([spoilt, *ROWS[1:]])
    figure.savefig(io.BytesIO())
    assert line(figure, 0, 1)[1][1:] == [1.5, 1.6]
    assert figure.axes[1].lines[2].get_label() == "best: epoch 2, 50.0 %"
    bottom, top = figure.axes[0].get_ylim()
    assert 0 < bottom < top < 2
    assert len(curves([spoilt]).axes[0].lines) == 2  # no epoch is the best


def test_epochs_are_whole_numbers() -> None:
    axes = curves(ROWS[:2]).axes[0]
    assert all(tick == int(tick) for tick in axes.get_xticks())


def test_nothing_to_draw_is_reported() -> None:
    with pytest.raises(ValueError, match="no epochs"):
        curves([])


def test_curves_of_the_test_split_are_called_so_and_choose_no_epoch() -> None:
    loss, _ = curves(ROWS, validated_on="test").axes
    assert [line.get_label() for line in loss.lines] == ["training", "test"]
