from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import made_pixels, write_image, write_tree

from imgcls.data.caltech101 import Caltech101
from imgcls.errors import InputError

NAMED = ("accordion/image_0001", "camera/image_0001")


def write_categories(folder: Path, per_class: int = 10) -> None:
    for name in ("BACKGROUND_Google", *Caltech101.classes):
        for number in range(1, per_class + 1):
            write_image(folder / name / f"image_{number:04}.png", made_pixels(1, number)[0])


@pytest.mark.parametrize(
    "folder", ["", "101_ObjectCategories", "caltech101/101_ObjectCategories", "caltech-101"]
)
def test_the_authors_folder_is_found_without_its_background(tmp_path: Path, folder: str) -> None:
    write_categories(tmp_path / folder, per_class=2)

    data = Caltech101(tmp_path)

    assert data.source.folder == tmp_path / folder
    assert len(data.load("train")) == len(data.load("test")) == 101
    assert data.load("train").labels.tolist() == [*range(101)]


def test_a_tenth_of_each_class_is_tested_on_but_not_the_drawn_images(tmp_path: Path) -> None:
    write_categories(tmp_path)

    train, test = (Caltech101(tmp_path).load(split) for split in ("train", "test"))

    assert test.labels.bincount().tolist() == [1] * 101
    assert train.labels.bincount().tolist() == [9] * 101
    assert train.names is not None
    assert test.names is not None
    assert set(NAMED) <= set(train.names)
    assert not set(train.names) & set(test.names)
    numbers = [int(name[-4:]) for name in test.names]
    assert set(numbers) == {*range(1, 11)}  # drawn, not the last of each class
    assert Caltech101(tmp_path, split_seed=1).load("test").names == test.names


def test_drawn_images_are_trained_on_though_they_are_half_of_their_class(tmp_path: Path) -> None:
    write_categories(tmp_path, per_class=2)
    train = Caltech101(tmp_path).load("train")

    assert train.names is not None
    assert set(NAMED) <= set(train.names)


def test_images_are_squeezed_and_grey_ones_become_rgb(tmp_path: Path) -> None:
    write_categories(tmp_path, per_class=2)
    halves = np.zeros((1, 100, 300), np.uint8)
    halves[:, :, :150] = 255
    write_image(tmp_path / "camera" / "image_0001.png", halves)

    images = Caltech101(tmp_path).load("train")

    assert images.pixels.shape == (101, 3, 64, 64)
    assert images.names is not None
    image = images.pixels[images.names.index("camera/image_0001")]
    assert (image[:, :, :30] == 255).all()
    assert (image[:, :, 34:] == 0).all()


def test_another_size_is_read_anew(tmp_path: Path) -> None:
    write_tree(tmp_path, dict.fromkeys(Caltech101.classes, 1))

    large, small = (Caltech101(tmp_path, image_size=size) for size in (64, 32))

    assert large.load("train").pixels.shape == (101, 3, 64, 64)
    assert small.load("train").pixels.shape == (101, 3, 32, 32)
    assert small.image_shape == (3, 32, 32)
    with pytest.raises(InputError, match=r"^image_size is 0: it must be at least 1$"):
        Caltech101(tmp_path, image_size=0)


@pytest.mark.real_data
def test_the_packed_set_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    train, test = (Caltech101().load(split) for split in ("train", "test"))

    assert (len(train), len(test)) == (7809, 868)
    assert train.pixels.shape[1:] == (3, 64, 64)
    assert set(train.labels.tolist()) == set(test.labels.tolist()) == {*range(101)}
    assert train.names is not None
    assert set(NAMED) <= set(train.names)
    first = train.pixels[train.names.index("accordion/image_0001")]
    assert not torch.equal(first[0], first[2])
