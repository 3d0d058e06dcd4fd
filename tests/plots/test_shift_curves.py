import io

import numpy as np
from matplotlib.collections import PolyCollection

from imgcls.plots import shift_curves

RUNS = [
    {"noise": [0.6, 0.5, 0.2], "blur": [0.6, 0.55, 0.5]},
    {"noise": [0.8, 0.5, 0.4], "blur": [0.8, 0.65, 0.5]},
]
ALONE = [{"noise": [0.5, 0.4, 0.3], "blur": [0.5, 0.5, 0.5]}]


def test_a_line_is_the_mean_over_runs_and_a_band_their_standard_deviation() -> None:
    figure = shift_curves({"both": RUNS, "alone": ALONE}, "model")
    figure.savefig(io.BytesIO())
    noise, blur = figure.axes
    assert noise.get_xlabel() == "severity of noise"
    assert blur.get_xlabel() == "severity of blur"
    assert [label.get_text() for label in noise.get_xticklabels()] == ["none", "1", "2"]
    lines = {str(line.get_label()): np.array(line.get_xydata()).T for line in noise.lines}
    np.testing.assert_allclose(lines["both"], [[0, 1, 2], [70, 50, 30]])
    np.testing.assert_allclose(lines["alone"][1], [50, 40, 30])
    np.testing.assert_allclose(np.array(blur.lines[0].get_ydata()), [70, 60, 50])
    (band,) = noise.collections  # a single run has none
    assert isinstance(band, PolyCollection)
    edges = band.get_paths()[0].vertices
    std = 100 * 0.2 / 2**0.5  # of 60 and 80
    assert np.isclose(np.array(edges)[:, 1].max(), 70 + std)
    assert np.isclose(np.array(edges)[:, 1].min(), 30 - std)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["both", "alone"]
