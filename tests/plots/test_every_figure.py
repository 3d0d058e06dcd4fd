"""What every figure promises, whatever it shows."""

import io
import math
from collections.abc import Callable
from datetime import datetime
from inspect import signature
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from imgcls import plots
from imgcls.errors import InputError
from imgcls.plots.influence import Accuracies

NOT_FIGURES = {"confusion_counts", "stamp"}
random = np.random.default_rng(0)


def names(number: int) -> list[str]:
    return [f"class_{i:02}" for i in range(number)]


def images(count: int, channels: int = 3) -> Any:
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
    "before_and_after": lambda k: (images(k), images(k)),
    "class_accuracy": lambda k: (random.random(k), names(k)),
    "class_examples": lambda k: (images(k), np.arange(k), names(k)),
    "confused_pairs": lambda k: (random.integers(1, 9, (k, k)), names(k)),
    "confusion_matrix": lambda k: (random.integers(1, 9, (k, k)), names(k)),
    "curves": lambda k: (rows(k),),
    "differences": lambda k: ({name: {0: 0.5} for name in names(k)}, {0: 0.5}),
    "filter_grid": lambda k: (random.normal(size=(k, 3, 3, 3)),),
    "highest_losses": lambda k: (images(k), np.arange(k), probabilities(k), names(k)),
    "influence": lambda k: ({"lr": {n: [Accuracies(1, 1)] for n in names(k)}} if k else {}, {}),
    "map_grid": lambda k: (random.random((k, 5, 5)),),
    "overlay": lambda k: (images(k), random.random((k, 2, 2))),
    "predictions": lambda k: (images(k), np.arange(k), probabilities(k), names(k)),
    "reliability": lambda k: (probabilities(k), np.arange(k)),
    "scatter": lambda k: (random.normal(size=(k, 2)), np.arange(k), names(k)),
    "schedule": lambda k: ([1.0] * k, 10, 0.1),
    "search_path": lambda k: ([{"lr": float(i + 1)} for i in range(k)], [0.5] * k),
    "sheet_figure": lambda k: ([(name, "Linear", (3,), 6, "6 = 6", 12) for name in names(k)],),
    "shift_curves": lambda k: ({name: [{"noise": [0.5, 0.4]}] for name in names(k)},),
    "time_shares": lambda k: (dict.fromkeys(names(k), 0.5),),
}
# What has a NaN instead of an argument: its index, and a function of what was there.
NAN: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "before_and_after": (1, spoilt),
    "class_accuracy": (0, spoilt),
    "class_examples": (0, spoilt),
    "confused_pairs": (0, spoilt),
    "confusion_matrix": (0, spoilt),
    "curves": (0, lambda rows: [{**rows[0], "train/loss": math.nan}, *rows[1:]]),
    "differences": (0, lambda variants: {**variants, "worse": {0: math.nan}}),
    "filter_grid": (0, spoilt),
    "highest_losses": (2, spoilt),
    "influence": (0, lambda panels: {**panels, "decay": {"0": [Accuracies(1, math.nan)]}}),
    "map_grid": (0, spoilt),
    "overlay": (1, spoilt),
    "predictions": (2, spoilt),
    "reliability": (0, spoilt),
    "scatter": (0, spoilt),
    "schedule": (0, spoilt),
    "search_path": (1, spoilt),
    "sheet_figure": (0, lambda rows: [(*rows[0][:3], math.nan, *rows[0][4:]), *rows[1:]]),
    "shift_curves": (0, lambda runs: {**runs, "worse": [{"noise": [math.nan, 0.4]}]}),
    "time_shares": (0, lambda seconds: {**seconds, "other": math.nan}),
}
DRAWN = {"class_accuracy", "curves", "sheet_figure"}  # with a NaN: a gap, or named as missing
# What draws images, of which there are three.
OF_IMAGES: dict[str, Callable[[Any], Figure]] = {
    "before_and_after": lambda images: plots.before_and_after(images, images),
    "class_examples": lambda images: plots.class_examples(images, np.arange(3), names(3)),
    "highest_losses": lambda images: plots.highest_losses(
        images, np.arange(3), probabilities(3), names(3)
    ),
    "map_grid": lambda images: plots.map_grid(random.random((2, 5, 5)), picture=images[0]),
    "overlay": lambda images: plots.overlay(images, random.random((3, 2, 2))),
    "predictions": lambda images: plots.predictions(
        images, np.arange(3), probabilities(3), names(3)
    ),
}
FIGURES = sorted(ARGUMENTS)
CHARTS = sorted(n for n in FIGURES if "axes" in signature(getattr(plots, n)).parameters)


def drawn(name: str, number: int) -> Figure:
    figure: Figure = getattr(plots, name)(*ARGUMENTS[name](number))
    return figure


def test_to_exist_is_to_be_tested() -> None:
    assert set(plots.__all__) - NOT_FIGURES == ARGUMENTS.keys() == NAN.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_to_draw_is_reported_in_one_line(name: str) -> None:
    with pytest.raises(InputError, match=r"^there (is|are) no[^\n]*: give at least one[^\n]*$"):
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


@pytest.mark.parametrize("name", FIGURES)
def test_nan_is_drawn_or_refused_in_one_line(name: str) -> None:
    index, spoil = NAN[name]
    arguments = list(ARGUMENTS[name](3))
    arguments[index] = spoil(arguments[index])
    if name in DRAWN:
        getattr(plots, name)(*arguments).savefig(io.BytesIO())
    else:
        with pytest.raises(InputError, match=r"^1 of \d+ numbers of the [^\n]* are NaN[^\n]*$"):
            getattr(plots, name)(*arguments)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", OF_IMAGES)
def test_grey_and_rgb_are_drawn_and_what_is_no_image_refused(name: str, channels: int) -> None:
    draw = OF_IMAGES[name]
    draw(images(3, channels)).savefig(io.BytesIO())
    draw(images(3, channels) / 255).savefig(io.BytesIO())
    with pytest.raises(InputError, match=r"range from -\d.* in \[0, 1\]"):
        draw(images(3, channels) / 100.0 - 1)
    with pytest.raises(InputError, match="2 channels"):
        draw(images(3, channels=2))


@pytest.mark.parametrize("channels", [1, 3])
def test_filters_of_grey_and_rgb_are_drawn(channels: int) -> None:
    plots.filter_grid(random.normal(size=(3, channels, 3, 3))).savefig(io.BytesIO())


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_on_the_axes_that_are_given(name: str) -> None:
    figure = Figure(layout="constrained")
    other, axes = figure.subplots(1, 2)
    arguments = ARGUMENTS[name](3)
    assert getattr(plots, name)(*arguments, axes=axes) is figure
    assert axes.has_data()
    assert not other.has_data()
    alone = getattr(plots, name)(*arguments)
    assert axes.get_title().split() == alone.get_suptitle().split()
    assert axes.get_xlabel() == alone.axes[0].get_xlabel()
    figure.savefig(io.BytesIO())


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
