import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from made_files import made_pixels, write_stl10, write_tree

from imgcls.data.stl10 import STL10
from imgcls.errors import InputError

SHAPE = (3, 96, 96)
FIVE = ["airplane", "bird", "ship", "cat", "dog"]


@pytest.mark.parametrize("folder", ["", "stl10_binary", "stl10", "STL-10/stl10_binary"])
def test_official_files_are_found_and_read_upright(tmp_path: Path, folder: str) -> None:
    pixels = made_pixels(3, shape=SHAPE)
    pixels[0] = 0
    pixels[0, 0, :10, 60:] = 255  # a red bar at the top right
    write_stl10(tmp_path / folder, pixels, [9, 0, 4])

    images = STL10(tmp_path).load("train")

    assert images.labels.tolist() == [9, 0, 4]
    assert torch.equal(images.pixels, torch.from_numpy(pixels))
    assert (images.pixels[0, 0, :10, 60:] == 255).all()
    assert images.pixels[0].count_nonzero() == 10 * 36


def test_the_images_are_those_that_torchvision_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stl10(tmp_path / "stl10_binary", made_pixels(4, shape=SHAPE), [3, 1, 9, 0])
    monkeypatch.setattr("torchvision.datasets.stl10.check_integrity", lambda *_: True)
    theirs = torchvision.datasets.STL10(tmp_path, split="test")

    ours = STL10(tmp_path).load("test")

    assert np.array_equal(ours.pixels.numpy(), theirs.data)
    assert ours.labels.tolist() == theirs.labels.tolist()


def test_five_classes_in_their_own_order_unless_others_are_asked_for(tmp_path: Path) -> None:
    write_stl10(tmp_path, made_pixels(10, shape=SHAPE), [*range(10)])
    data = STL10(tmp_path, val_fraction=0)

    assert list(data.classes) == FIVE
    assert data.train_images.rows.tolist() == [0, 1, 3, 5, 8]
    assert data.train_images.labels.tolist() == [0, 1, 3, 4, 2]
    assert STL10(tmp_path, classes=None).num_classes == 10
    assert STL10(tmp_path, classes=("truck", "car")).test_images.labels.tolist() == [1, 0]


def test_smaller_images_are_antialiased_and_cached_apart(tmp_path: Path) -> None:
    pixels = np.zeros((2, *SHAPE), np.uint8)
    pixels[0, :, :, ::2] = 255  # stripes of one pixel: grey when seen from afar
    pixels[1, 1, 48:] = 255  # the lower half is green
    write_stl10(tmp_path, pixels, [0, 1])

    small = STL10(tmp_path, image_size=32)

    assert small.image_shape == (3, 32, 32)
    images = small.load("train")
    assert images.pixels.shape == (2, 3, 32, 32)
    assert (images.pixels[0, :, :, 2:30].int() - 128).abs().max() <= 8
    assert (images.pixels[1, 1, 18:] == 255).all()
    assert (images.pixels[1, 1, :14] == 0).all()
    assert images.pixels[1, 0].max() == 0
    assert STL10(tmp_path).load("train").pixels.shape == (2, *SHAPE)


@pytest.mark.parametrize("flat", [False, True])
def test_trees_of_all_ten_classes_are_read_too(tmp_path: Path, flat: bool) -> None:
    write_tree(tmp_path / "stl10", dict.fromkeys(STL10.classes, 1), shape=SHAPE, flat=flat)

    data = STL10(tmp_path, image_size=32)

    assert data.test_images.labels.tolist() == [0, 1, 3, 4, 2]
    assert data.test_images.pixels.shape == (10, 3, 32, 32)


@pytest.mark.parametrize("flat", [False, True])
def test_a_tree_may_have_the_chosen_classes_alone(tmp_path: Path, flat: bool) -> None:
    chosen = ("ship", "cat", "monkey")
    write_tree(tmp_path / "stl10", dict.fromkeys(sorted(chosen), 2), shape=SHAPE, flat=flat)

    data = STL10(tmp_path, image_size=32, classes=chosen, val_fraction=0.5)

    assert data.test_images.labels.tolist() == [1, 1, 2, 2, 0, 0]  # cat, monkey, ship
    assert data.test_images.names is not None
    assert [name.split("/")[0] for name in data.test_images.names[::2]] == ["cat", "monkey", "ship"]
    assert sorted(data.val_images.labels.tolist()) == [0, 1, 2]
    text = r"the train classes in .* are not the 5 expected \(missing: airplane, bird, dog\): "
    with pytest.raises(InputError, match=text):  # the default five, also from the cache
        STL10(tmp_path, image_size=32).load("train")


ADVICE = "put a whole copy there, or delete all four files, so that they are downloaded again"


def assert_refused(root: Path, text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        STL10(root).load("train")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_stl10(tmp_path, made_pixels(2, shape=SHAPE), [0, 9])
    return tmp_path


def test_files_that_are_missing_are_named(root: Path) -> None:
    (root / "train_y.bin").unlink()
    (root / "test_X.bin").unlink()

    assert_refused(
        root,
        f"{root} has no train_y.bin, test_X.bin, but others of the four files: {ADVICE}",
    )


@pytest.mark.parametrize("size", [0, 27_648 + 1])
def test_images_cut_short_are_reported(root: Path, size: int) -> None:
    path = root / "train_X.bin"
    path.write_bytes(path.read_bytes()[:size])

    assert_refused(
        root, f"{path} holds {size} bytes, no multiple of the 27648 of an image: {ADVICE}"
    )


@pytest.mark.parametrize("label", [-1, 10])
def test_labels_out_of_range_are_reported(root: Path, label: int) -> None:
    write_stl10(root, made_pixels(2, shape=SHAPE), [4, label])
    low, high = sorted([5, label + 1])

    assert_refused(
        root, f"labels in {root}/train_y.bin go from {low} to {high}, not from 1 to 10: {ADVICE}"
    )


def test_another_number_of_labels_is_reported(root: Path) -> None:
    (root / "train_y.bin").write_bytes(b"\1")

    assert_refused(root, f"{root} (train) has 2 images but 1 labels: is it another data set?")
