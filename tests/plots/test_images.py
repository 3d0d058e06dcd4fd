import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from imgcls import plots

CLASSES = ["cat", "dog", "emu"]
IMAGES = np.arange(4, dtype=np.uint8).repeat(3 * 2 * 2).reshape(4, 3, 2, 2) * 50
LABELS = [1, 0, 1, 2]
PROBABILITIES = [[0.1, 0.9, 0.0], [0.25, 0.5, 0.25], [0.6, 0.4, 0.0], [0.5, 0.5, 0.0]]


def axes(figure: Figure) -> Axes:
    return figure.axes[0]


def captions(figure: Figure) -> list[str]:
    return [text.get_text() for text in axes(figure).texts]


def shown(figure: Figure) -> list[float]:
    """Return the first number of each image, in order, of 255."""
    images = [each for each in axes(figure).get_children() if isinstance(each, AxesImage)]
    return [round(255 * float(np.asarray(image.get_array()).flat[0])) for image in images]


def frames(figure: Figure) -> list[str]:
    patches = [each for each in axes(figure).patches if isinstance(each, Rectangle)]
    return [to_hex(patch.get_edgecolor()) for patch in patches]


def test_class_examples_are_of_their_class() -> None:
    figure = plots.class_examples(IMAGES, LABELS, [*CLASSES, "fly"])
    assert captions(figure) == ["cat", "dog", "emu", "fly"]
    assert shown(figure) == [50, 0, 150, round(0.85 * 255)]
    pairs = plots.class_examples(IMAGES, LABELS, CLASSES, each=2)
    strip = np.asarray(axes(pairs).images[1].get_array())
    assert strip.shape == (2, 4, 3)
    assert strip[0, 2, 0] * 255 == pytest.approx(100)


@pytest.mark.parametrize(("count", "columns"), [(20, 5), (33, 11), (40, 8), (65, 13)])
def test_no_tile_is_left_alone_in_its_row(count: int, columns: int) -> None:
    figure = plots.map_grid(np.ones((count, 2, 2)))
    lefts = [image.get_extent()[0] for image in axes(figure).images]
    assert len(set(lefts)) == columns
    assert count % columns == 0


def test_predictions_say_right_and_wrong_by_colour_and_mark() -> None:
    figure = plots.predictions(IMAGES[:3], LABELS[:3], PROBABILITIES[:3], CLASSES, "model")
    assert captions(figure) == ["✓ dog 90%\nis dog", "✗ dog 50%\nis cat", "✗ cat 60%\nis dog"]
    assert frames(figure) == ["#5790fc", "#e42536", "#e42536"]
    assert figure.get_suptitle() == "model: 1 of 3 correct"


def test_highest_losses_come_first() -> None:
    figure = plots.highest_losses(IMAGES, LABELS, PROBABILITIES, CLASSES, count=3)
    assert shown(figure) == [150, 50, 100]
    losses = [caption.splitlines()[-1] for caption in captions(figure)]
    assert losses == ["loss inf", "loss 1.39", "loss 0.92"]
    assert "3 of 4" in figure.get_suptitle()


@pytest.mark.parametrize(("count", "rows"), [(3, 1), (12, 2)])
def test_originals_are_above_their_augmented_versions(count: int, rows: int) -> None:
    originals = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1) * 10
    figure = plots.before_and_after(originals, originals + 1)
    positions = {value: image.get_extent() for value, image in zip(
        shown(figure), axes(figure).images, strict=True
    )}  # fmt: skip
    for value in range(0, 10 * count, 10):
        (left, _, bottom, _), (below, _, _, top) = positions[value], positions[value + 1]
        assert left == below
        assert top < bottom
    assert captions(figure)[-2 * rows :] == ["original", "augmented"] * rows


def test_heat_colours_the_image_at_its_position() -> None:
    heat = np.zeros((1, 2, 2))
    heat[0, 0, 1] = 5.0
    figure = plots.overlay(np.zeros((1, 1, 8, 8)), heat, ["cat"])
    above, below = (np.asarray(image.get_array()) for image in axes(figure).images)
    assert above.max() == 0
    brightness = below.sum(2)
    assert brightness[0, 7] == brightness.max() > 1
    assert brightness[7].max() == brightness[0, 0] < 0.1
    assert captions(figure) == ["", "cat"]


def test_heat_is_below_its_image_when_there_are_few_images() -> None:
    figure = plots.overlay(np.zeros((3, 1, 8, 8)), np.ones((3, 2, 2)))
    lefts = [image.get_extent()[0] for image in axes(figure).images]
    assert lefts[:3] == lefts[3:6] == sorted(set(lefts))


def test_dead_maps_are_counted_and_marked() -> None:
    maps = np.zeros((3, 2, 2))
    maps[1] = [[0, 1], [2, 4]]
    figure = plots.map_grid(maps, "conv1", picture=IMAGES[0])
    assert figure.get_suptitle() == "conv1: 3 maps, 2 dead"
    assert captions(figure) == ["image", "0: dead", "1", "2: dead"]
    assert frames(figure) == ["#e42536", "#e42536"]
    scale = "activation (no unit), one scale for all maps\nhighest: 4"
    assert figure.axes[1].get_ylabel() == scale


def test_filters_are_grey_where_a_weight_is_zero() -> None:
    weights = np.zeros((2, 3, 1, 1))
    weights[1, :, 0, 0] = [2, -1, 0]
    figure = plots.filter_grid(weights)
    first, second = (np.asarray(image.get_array()) for image in axes(figure).images)
    assert first.tolist() == [[[0.5, 0.5, 0.5]]]
    assert second.tolist() == [[[1.0, 0.25, 0.5]]]
    assert figure.axes[1].get_ylim() == (-2, 2)
    grey = plots.filter_grid([[[[4.0]], [[0.0]]], [[[-1.0]], [[-1.0]]]])
    means = [np.asarray(image.get_array()).flat[0] for image in axes(grey).images]
    assert means == [1.0, 0.25]


def test_arrays_that_do_not_match_are_reported() -> None:
    with pytest.raises(ValueError, match="3 labels for 4 images"):
        plots.predictions(IMAGES, LABELS[:3], PROBABILITIES, CLASSES)
    with pytest.raises(ValueError, match="from 0 to 2, but there are 2 classes"):
        plots.class_examples(IMAGES, LABELS, CLASSES[:2])
    with pytest.raises(ValueError, match="take the softmax"):
        plots.predictions(IMAGES, LABELS, 5 * np.array(PROBABILITIES), CLASSES)
    with pytest.raises(ValueError, match="4 images but 3 augmented"):
        plots.before_and_after(IMAGES, IMAGES[:3])
    with pytest.raises(ValueError, match="4 images, 1 heat maps"):
        plots.overlay(IMAGES, np.ones((1, 2, 2)))
