import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from bokeh.models import ColumnDataSource
from PIL import Image

from imgcls.data import CIFAR100, Digits
from imgcls.evaluation.embedding import neighbour_purity
from imgcls.report.data_uris import SpriteSheet, sprite_sheet, thumbnail
from imgcls.report.feature_chart import SOURCE, feature_chart, kinds
from imgcls.report.feature_map import FeatureMap, feature_map
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import predictions_of

GROUPS = {name: group for group, names in CIFAR100.superclasses.items() for name in names}
SHEET = SpriteSheet("data:image/webp;base64,", columns=4, width=32, height=32)


def made(labels: list[int], num_classes: int, groups: dict[str, str]) -> FeatureMap:
    """Return points in a row, all of them predicted as class 1."""
    count = len(labels)
    logits = torch.zeros(count, num_classes)
    logits[:, 1] = 3
    return FeatureMap(
        np.stack([np.arange(count), np.zeros(count)], 1),
        np.zeros((count, 3, 32, 32), np.uint8),
        predictions_of(logits, torch.tensor(labels), torch.arange(count)),
        groups,
        {"purity": 0.5, "trustworthiness": 0.9},
        1.0,
    )


def opened(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def columns(found: FeatureMap, classes: tuple[str, ...]) -> dict[str, list[object]]:
    source = feature_chart(found, classes, SHEET).select_one({"name": SOURCE})
    assert isinstance(source, ColumnDataSource)
    return {name: list(values) for name, values in source.data.items()}


def test_the_points_are_features_of_the_validation_split(trained: Path) -> None:
    found = feature_map(Run(trained))
    images = Digits().val_images
    assert found.predictions.rows.tolist() == images.rows.tolist()
    assert np.array_equal(found.images, images.pixels[images.rows])
    run = Run(trained)
    with torch.no_grad():
        features = run.model.features(run.data.normalised(images.pixels[images.rows]))
        best = run.model.head(features).softmax(1).max(1)
    assert found.points.shape == (len(images), 2)
    purity = neighbour_purity(features.numpy(), images.labels.numpy())
    assert found.measures["purity"] == pytest.approx(purity)
    assert found.predictions.classes[:, 0].tolist() == best.indices.tolist()
    assert found.seconds > 0


def test_a_large_split_is_sampled(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgcls.report.feature_map.SAMPLE", 40)
    labels = feature_map(Run(trained)).predictions.labels
    assert np.bincount(labels).tolist() == [4] * 10


def test_each_point_has_its_image_and_its_prediction() -> None:
    shown = columns(made([0, 1, 1, 0, 2], 3, {}), ("cat", "dog", "owl"))
    assert shown["true"] == ["cat", "dog", "dog", "cat", "owl"]
    assert shown["predicted"] == ["dog"] * 5
    assert shown["mark"] == ["✗", "✓", "✓", "✗", "✗"]
    assert shown["probability"] == pytest.approx([100 * np.exp(3) / (np.exp(3) + 2)] * 5)
    assert shown["left"] == [0, -96, -192, -288, 0]  # three times as large, four in a row
    assert shown["top"] == [0, 0, 0, 0, -96]


def test_a_hundred_classes_have_the_colours_of_their_superclasses() -> None:
    found = made(list(range(100)), 100, GROUPS)
    listed = kinds(found, CIFAR100.classes)
    assert [kind.name for kind in listed] == list(CIFAR100.superclasses)
    assert len({(kind.colour, kind.shape) for kind in listed}) == 20
    apple = CIFAR100.classes.index("apple")
    shown = columns(found, CIFAR100.classes)
    kind = next(kind for kind in listed if kind.name == "fruit_and_vegetables")
    assert (shown["colour"][apple], shown["shape"][apple]) == (kind.colour, kind.shape)


def test_a_hundred_kinds_look_different_and_those_without_points_are_not_listed() -> None:
    classes = tuple(map(str, range(101)))
    listed = kinds(made(list(range(100)), 101, {}), classes)
    assert [kind.name for kind in listed] == list(classes[:100])
    assert len({(kind.colour, kind.shape, kind.symbol) for kind in listed}) == 100


@pytest.mark.parametrize(("shape", "side"), [((1, 8, 8), 8), ((3, 32, 32), 32), ((3, 96, 96), 48)])
def test_sprites_are_in_rows(shape: tuple[int, int, int], side: int) -> None:
    levels = np.array([20, 80, 140, 200, 250], np.uint8)
    sheet = sprite_sheet(np.broadcast_to(levels[:, None, None, None], (5, *shape)))
    pixels = opened(sheet.uri)
    assert (sheet.columns, sheet.width, sheet.height) == (3, side, side)
    assert pixels.shape == (2 * side, 3 * side, 3)
    cells = pixels.reshape(2, side, 3, side, 3)[:, 2:-2, :, 2:-2].mean((1, 3, 4)).ravel()
    assert cells[:5] == pytest.approx(levels, abs=3)


def test_a_small_image_is_not_changed_and_a_large_one_is_downsized() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 32, 32), np.uint8)
    assert np.array_equal(opened(thumbnail(image)), image.transpose(1, 2, 0))
    assert opened(thumbnail(np.zeros((1, 64, 192), np.uint8))).shape == (32, 96, 3)
