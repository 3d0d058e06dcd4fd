import numpy as np
import pytest
from bokeh.models import ColumnDataSource, LogColorMapper
from bokeh.models.annotations import ColorBar, Title
from bokeh.models.renderers import GlyphRenderer

from imgcls.data import CIFAR100
from imgcls.report.heat_map import heat_map

GROUPS = {name: group for group, names in CIFAR100.superclasses.items() for name in names}


def test_classes_are_sorted_by_superclass_with_a_log_scale() -> None:
    counts = np.diag(np.full(100, 90))
    apple, pear = (CIFAR100.classes.index(name) for name in ("apple", "pear"))
    counts[apple, pear] = 10
    chart = heat_map(counts, CIFAR100.classes, GROUPS)
    order = [name for names in CIFAR100.superclasses.values() for name in names]
    assert isinstance(chart.title, Title)
    assert chart.title.text == "classes in the order of their superclasses"
    assert chart.xaxis[0].major_label_overrides == dict(enumerate(order))
    named = chart.yaxis[-1].major_label_overrides
    assert list(named.values()) == list(CIFAR100.superclasses)
    assert list(named) == list(range(2, 100, 5))
    (drawn,) = (each for each in chart.renderers if isinstance(each, GlyphRenderer))
    assert isinstance(drawn.data_source, ColumnDataSource)
    cells = drawn.data_source.data
    (index,) = (i for i, name in enumerate(cells["predicted"]) if name != cells["true"][i])
    assert (cells["y"][index], cells["x"][index]) == (order.index("apple"), order.index("pear"))
    assert cells["percent"][index] == pytest.approx(10)
    assert cells["true_group"][index] == "fruit_and_vegetables"
    (bar,) = (each for each in chart.below if isinstance(each, ColorBar))
    assert isinstance(bar.color_mapper, LogColorMapper)
    assert (bar.color_mapper.low, bar.color_mapper.high) == (10, 100)


def test_without_superclasses_the_labels_are_the_order() -> None:
    chart = heat_map(np.array([[1, 0], [999, 0]]), ["cat", "dog"], {})
    assert isinstance(chart.title, Title)
    assert chart.title.text == "classes in the order of their labels"
    assert chart.xaxis[0].major_label_overrides == {0: "cat", 1: "dog"}
    assert len(chart.yaxis) == 1


def test_no_mistake_is_drawn_too() -> None:
    heat_map(np.diag([3, 4]), ["cat", "dog"], {})
    heat_map(np.zeros((2, 2), np.int64), ["cat", "dog"], {})
