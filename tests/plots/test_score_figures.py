import io
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from torchmetrics.functional.classification import multiclass_calibration_error

from imgcls import plots
from imgcls.schedules import Cosine

CLASSES = ["boy", "girl", "woman"]
COUNTS = [[8, 0, 2], [0, 0, 0], [1, 3, 0]]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def widths(axes: Axes) -> list[float]:
    (bars,) = [each for each in axes.containers if isinstance(each, BarContainer)]
    return [bar.get_width() for bar in bars]


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def labels(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def test_confusions_are_counted_by_true_row() -> None:
    counts = plots.confusion_counts([0, 0, 2, 2], [0, 2, 1, 2], 3)
    assert counts.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 1]]
    with pytest.raises(ValueError, match="3 labels for 2"):
        plots.confusion_counts([0, 0, 2], [0, 2], 3)


def test_a_confusion_matrix_has_fractions_of_the_true_class() -> None:
    figure = plots.confusion_matrix(COUNTS, CLASSES, "model")
    percent: Any = np.ma.asarray(figure.axes[0].images[0].get_array())
    assert percent.tolist() == [[80, 0, 20], [None] * 3, [25, 75, 0]]
    assert texts(figure.axes[0]) == ["80", "20", "25", "75"]
    assert figure.get_suptitle() == "model: confusion matrix, 8 of 14 correct"
    assert figure.axes[0].get_ylabel() == "true class"


def test_classes_of_a_group_are_adjacent() -> None:
    groups = {"boy": "people", "girl": "others", "woman": "people"}
    axes = plots.confusion_matrix(COUNTS, CLASSES, groups=groups).axes[0]
    assert labels(axes) == ["girl", "boy", "woman"]
    assert [line.get_ydata() for line in axes.lines if line.get_xdata() == [0, 1]] == [[0.5, 0.5]]


def test_confused_pairs_come_most_frequent_first() -> None:
    axes = plots.confused_pairs(COUNTS, CLASSES, count=2).axes[0]
    assert labels(axes) == ["woman → girl", "boy → woman"]
    assert widths(axes) == [3, 2]
    assert texts(axes) == ["3 (75%)", "2 (20%)"]
    assert "no class was confused" in texts(plots.confused_pairs([[4]], ["boy"]).axes[0])


def test_class_accuracies_are_sorted_and_missing_ones_named() -> None:
    figure = plots.class_accuracy([0.25, None, 0.75], CLASSES, "model")
    axes = figure.axes[0]
    assert labels(axes) == ["woman", "boy"]
    assert widths(axes) == [75, 25]
    assert texts(axes) == ["75", "25"]
    assert list(np.asarray(axes.lines[0].get_xdata())) == [50, 50]
    assert "mean of 2 classes 50.0 %" in figure.get_suptitle()
    assert "without images: girl" in figure.get_suptitle()
    many = plots.class_accuracy(np.linspace(0, 1, 101).tolist(), [str(i) for i in range(101)])
    assert len(many.axes) == 4
    assert sum(len(widths(axes)) for axes in many.axes) == 101
    with pytest.raises(ValueError, match="no accuracy"):
        plots.class_accuracy([None], ["boy"])


@pytest.mark.parametrize("sharpness", [0.1, 1.0, 200.0])
def test_the_calibration_error_is_that_of_torchmetrics(sharpness: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = sharpness * torch.randn(500, 4, generator=generator)
    true = torch.randint(0, 4, (500,), generator=generator)
    probabilities = logits.softmax(1)
    wanted = multiclass_calibration_error(probabilities, true, num_classes=4, n_bins=15).item()
    figure = plots.reliability(probabilities, true)
    assert float(figure.get_suptitle().split()[1]) == pytest.approx(100 * wanted, abs=6e-3)


def test_reliability_by_hand() -> None:
    probabilities = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]]
    figure = plots.reliability(probabilities, [0, 1, 1], bins=4)
    accuracy, gap = figure.axes[0].containers
    assert isinstance(accuracy, BarContainer)
    assert isinstance(gap, BarContainer)
    assert [bar.get_x() for bar in accuracy] == [50, 75]
    assert [bar.get_height() for bar in accuracy] == [100, 50]
    np.testing.assert_allclose([bar.get_height() for bar in gap], [-40, 40])
    assert "ECE 40.00 points" in figure.get_suptitle()


def test_a_schedule_shows_rates_over_steps() -> None:
    axes = plots.schedule(Cosine(warmup=0.25), steps=8, base_rate=0.4).axes[0]
    steps, rates = (np.asarray(data) for data in axes.lines[0].get_data())
    assert steps.tolist() == list(range(8))
    np.testing.assert_allclose(rates[:3], [0, 0.2, 0.4])
    assert texts(axes) == ["0.4"]
    long = plots.schedule([1.0, 0.5], steps=100, base_rate=2).axes[0].lines[0]
    assert np.asarray(long.get_xydata()).tolist() == [[0, 2], [50, 1]]


def test_points_are_coloured_by_group_and_classes_named_at_the_median() -> None:
    classes = [f"c{i}" for i in range(22)]
    groups = {name: f"g{i % 11}" for i, name in enumerate(classes)}
    points = np.array([[100 * (i % 11), i // 11] for i in range(22)])
    figure = plots.scatter(points, range(22), classes, "model", groups, measures={"purity": 0.5})
    axes = figure.axes[0]
    assert legend(axes) == [f"g{i}" for i in range(11)]
    assert [len(np.asarray(series.get_offsets())) for series in axes.collections] == [2] * 11
    assert sorted(texts(axes)) == sorted(classes)
    assert {text.get_text(): text.get_position()[0] for text in axes.texts}["c14"] == 300
    assert figure.get_suptitle() == "model: purity 0.500"


def test_names_do_not_cover_each_other() -> None:
    figure = plots.scatter(np.arange(24).reshape(12, 2), range(12), [str(i) for i in range(12)])
    figure.savefig(io.BytesIO())
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_highlighted_classes_are_coloured_and_others_grey() -> None:
    points = np.arange(6).reshape(3, 2)
    figure = plots.scatter(points, [0, 1, 2], CLASSES, highlight=["girl"])
    rest, girl = figure.axes[0].collections
    assert np.asarray(rest.get_offsets()).tolist() == [[0, 1], [4, 5]]
    np.testing.assert_allclose(np.ravel(rest.get_facecolor())[:3], 0.82)
    assert np.asarray(girl.get_offsets()).tolist() == [[2, 3]]
    assert legend(figure.axes[0]) == ["others", "girl"]
    with pytest.raises(ValueError, match=r"\['man'\] have no points"):
        plots.scatter(points, [0, 1, 2], CLASSES, highlight=["man"])
    groups = {"boy": "child", "girl": "child", "woman": "adult"}
    both = plots.scatter(points, [0, 1, 2], CLASSES, groups=groups, highlight=["adult", "boy"])
    assert legend(both.axes[0]) == ["others", "adult", "boy"]
    assert np.asarray(both.axes[0].collections[2].get_offsets()).tolist() == [[0, 1]]


def test_frames_of_an_animation_have_the_same_axes() -> None:
    room = np.array([[0, 0], [4, 4], [1, 10]])
    for points in (room[:2], room[1:]):
        axes = plots.scatter(points, [0, 1], CLASSES, room=room).axes[0]
        assert (*axes.get_xlim(), *axes.get_ylim()) == pytest.approx((-3.5, 7.5, -0.5, 10.5))


def test_a_layer_summary_is_written_line_by_line() -> None:
    rows = [("conv", "Conv2d", (2, 4, 4), 20, "2 * (1 * 3 * 3) + 2 = 20", 1200)] * 2
    figure = plots.sheet_figure(rows, "model")
    assert figure.get_suptitle() == "model: 2 layers, 40 parameters, 2,400 FLOPs per image"
    assert texts(figure.axes[0])[:3] == ["layer", "conv", "conv"]
    assert "2 x 4 x 4" in texts(figure.axes[0])
