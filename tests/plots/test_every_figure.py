"""What every figure promises, whatever it shows."""

import io
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from imgcls import plots
from imgcls.plots.influence import Accuracies

NOT_FIGURES = {"confusion_counts", "stamp"}
random = np.random.default_rng(0)


def names(number: int) -> list[str]:
    return [f"class_{i:02}" for i in range(number)]


def pictures(count: int, channels: int = 3) -> Any:
    return random.integers(0, 256, (count, channels, 4, 6), dtype=np.uint8)


def probabilities(count: int) -> Any:
    return random.dirichlet(np.ones(count), count)


def rows(count: int) -> Any:
    keys = ("train/loss", "train/acc", "val/loss", "val/acc")
    return [{"epoch": i, **dict.fromkeys(keys, 0.5)} for i in range(count)]


def spoilt(values: Any) -> Any:
    values = np.array(values, dtype=float)
    values.flat[0] = math.nan
    return values


# For each figure: its arguments for a number of classes (or layers, epochs, ...), which is 0 for
# nothing to draw.
ARGUMENTS: dict[str, Callable[[int], tuple[Any, ...]]] = {
    "before_and_after": lambda k: (pictures(k), pictures(k)),
    "class_accuracy": lambda k: (random.random(k), names(k)),
    "class_examples": lambda k: (pictures(k), np.arange(k), names(k)),
    "confused_pairs": lambda k: (random.integers(1, 9, (k, k)), names(k)),
    "confusion_matrix": lambda k: (random.integers(1, 9, (k, k)), names(k)),
    "curves": lambda k: (rows(k),),
    "differences": lambda k: ({name: {0: 0.5} for name in names(k)}, {0: 0.5}),
    "filter_grid": lambda k: (random.normal(size=(k, 3, 3, 3)),),
    "highest_losses": lambda k: (pictures(k), np.arange(k), probabilities(k), names(k)),
    "influence": lambda k: ({"lr": {n: [Accuracies(1, 1)] for n in names(k)}} if k else {}, {}),
    "map_grid": lambda k: (random.random((k, 5, 5)),),
    "overlay": lambda k: (pictures(k), random.random((k, 2, 2))),
    "predictions": lambda k: (pictures(k), np.arange(k), probabilities(k), names(k)),
    "reliability": lambda k: (probabilities(k), np.arange(k)),
    "scatter": lambda k: (random.normal(size=(k, 2)), np.arange(k), names(k)),
    "schedule": lambda k: ([1.0] * k, 10, 0.1),
    "search_path": lambda k: ([{"lr": float(i + 1)} for i in range(k)], [0.5] * k),
    "sheet_figure": lambda k: ([(name, "Linear", (3,), 6, "6 = 6", 12) for name in names(k)],),
    "shift_curves": lambda k: ({name: [{"noise": [0.5, 0.4]}] for name in names(k)},),
    "time_shares": lambda k: (dict.fromkeys(names(k), 0.5),),
}
# Which argument a NaN is put into, and whether it is drawn (as a gap, or named as missing).
WITH_NAN: dict[str, tuple[int, bool]] = {
    "before_and_after": (1, False),
    "class_accuracy": (0, True),
    "class_examples": (0, False),
    "confused_pairs": (0, False),
    "confusion_matrix": (0, False),
    "filter_grid": (0, False),
    "highest_losses": (2, False),
    "map_grid": (0, False),
    "overlay": (1, False),
    "predictions": (2, False),
    "reliability": (0, False),
    "scatter": (0, False),
    "schedule": (0, False),
}
FIGURES = sorted(ARGUMENTS)


def drawn(name: str, number: int) -> Figure:
    figure: Figure = getattr(plots, name)(*ARGUMENTS[name](number))
    return figure


def test_to_exist_is_to_be_tested() -> None:
    assert set(plots.__all__) - NOT_FIGURES == ARGUMENTS.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_to_draw_is_said_in_one_line(name: str) -> None:
    with pytest.raises(ValueError, match=r"^there (is|are) no[^\n]*: give at least one[^\n]*$"):
        drawn(name, 0)


@pytest.mark.parametrize("number", [1, 100])
@pytest.mark.parametrize("name", FIGURES)
def test_one_and_a_hundred_are_drawn(name: str, number: int) -> None:
    figure = drawn(name, number)
    for ending in ("png", "svg", "pdf") if number == 1 else ("png",):
        file = io.BytesIO()
        figure.savefig(file, format=ending, dpi=40)
        assert file.tell() > 1000
    assert figure.get_suptitle() or figure.axes[0].get_xlabel()
    assert max(figure.get_size_inches()) < 50
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("name", WITH_NAN)
def test_nan_is_drawn_or_refused_in_one_line(name: str) -> None:
    place, allowed = WITH_NAN[name]
    arguments = list(ARGUMENTS[name](3))
    arguments[place] = spoilt(arguments[place])
    if allowed:
        getattr(plots, name)(*arguments).savefig(io.BytesIO())
    else:
        with pytest.raises(ValueError, match=r"^1 of \d+ numbers of the [^\n]* are NaN"):
            getattr(plots, name)(*arguments)


@pytest.mark.parametrize(
    "name", ["before_and_after", "class_examples", "highest_losses", "overlay", "predictions"]
)
def test_grey_is_drawn_and_what_is_no_picture_refused(name: str) -> None:
    grey, *others = ARGUMENTS[name](3)
    draw = getattr(plots, name)
    grey = pictures(3, channels=1)
    draw(grey / 255, *others).savefig(io.BytesIO())
    with pytest.raises(ValueError, match=r"range from -\d.* in \[0, 1\]"):
        draw(grey / 100.0 - 1, *others)
    with pytest.raises(ValueError, match="2 channels"):
        draw(pictures(3, channels=2), *others)


@pytest.mark.parametrize("name", FIGURES)
def test_an_author_is_named_at_the_foot(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(name, 3).get_supxlabel() == ""
    monkeypatch.setenv("IMGCLS_AUTHOR", "s123")
    author, _, at = drawn(name, 3).get_supxlabel().partition(": ")
    assert author == "s123"
    assert abs((datetime.now() - datetime.fromisoformat(at)).total_seconds()) < 60


def test_a_stamp_replaces_an_earlier_one() -> None:
    figure = Figure()
    plots.stamp(figure, "other")
    plots.stamp(figure, "s123", datetime(2026, 1, 31, 12))
    assert figure.get_supxlabel() == "s123: 2026-01-31 12:00:00"
    assert len(figure.texts) == 1
