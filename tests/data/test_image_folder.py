import re
from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import Pixels, made_pixels, write_image, write_tree
from PIL import Image

from imgcls.data.image_folder import ImageFolder
from imgcls.data.sources.image_tree import ImageTree
from imgcls.errors import InputError

COUNTS = {"cat": 20, "dog": 5}


def test_official_splits_are_used(tmp_path: Path) -> None:
    write_tree(tmp_path, COUNTS)
    data = ImageFolder(tmp_path, image_size=16)

    assert data.classes == ("cat", "dog")
    assert data.image_shape == (3, 16, 16)
    assert len(data.load("train")) == len(data.load("test")) == 25
    assert data.load("train").pixels.shape == (25, 3, 16, 16)


def test_val_is_the_test_split_where_there_is_no_other(tmp_path: Path) -> None:
    write_tree(tmp_path, COUNTS, splits=("train",))
    write_tree(tmp_path, {"cat": 2, "dog": 1}, splits=("val",))

    assert len(ImageFolder(tmp_path).load("test")) == 3


def test_a_tenth_of_each_class_is_held_out_by_seed(tmp_path: Path) -> None:
    write_tree(tmp_path.parent, {"cat": 20, "dog": 5}, splits=(tmp_path.name,))

    train, test = (ImageFolder(tmp_path).load(split) for split in ("train", "test"))

    assert train.labels.tolist() == [0] * 18 + [1] * 4
    assert test.labels.tolist() == [0, 0, 1]
    assert train.names is not None
    assert test.names is not None
    assert sorted([*train.names, *test.names]) == sorted(
        f"{name}/{name}_{number}" for name, count in COUNTS.items() for number in range(count)
    )
    assert ImageFolder(tmp_path).load("test").names == test.names
    assert ImageFolder(tmp_path, split_seed=1).load("test").names != test.names


def test_construction_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, COUNTS)
    monkeypatch.delattr(ImageTree, "read")

    assert ImageFolder(tmp_path).num_classes == 2


def loaded(tmp_path: Path, pixels: Pixels, size: int) -> Pixels:
    for split in ("train", "test"):
        write_image(tmp_path / split / "cat" / "0.png", pixels)
    return ImageFolder(tmp_path, image_size=size).load("train").pixels[0].numpy()


def test_shorter_side_is_scaled_and_the_centre_stays(tmp_path: Path) -> None:
    wide = np.zeros((3, 20, 60), np.uint8)
    wide[0, :, :20], wide[1, :, 20:40], wide[2, :, 40:] = 255, 255, 255

    image = loaded(tmp_path, wide, 10)

    assert image.shape == (3, 10, 10)
    assert (image[:, :, 2:8] == np.array([0, 255, 0])[:, None, None]).all()


def test_shrinking_is_antialiased(tmp_path: Path) -> None:
    stripes = np.zeros((1, 64, 64), np.uint8)
    stripes[:, :, ::2] = 255

    image = loaded(tmp_path, stripes, 8)

    assert np.abs(image[:, 2:6, 2:6].astype(int) - 128).max() <= 2


def test_images_of_the_right_size_stay_exact(tmp_path: Path) -> None:
    pixels = made_pixels(1, shape=(3, 12, 12))[0]

    assert (loaded(tmp_path, pixels, 12) == pixels).all()


def test_photographs_are_turned_as_exif_says(tmp_path: Path) -> None:
    half = Image.new("RGB", (16, 16))
    half.paste((255, 255, 255), (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see
    for split in ("train", "test"):
        (tmp_path / split / "cat").mkdir(parents=True)
        half.save(tmp_path / split / "cat" / "0.png", exif=exif)

    image = ImageFolder(tmp_path, image_size=16).load("train").pixels[0]

    assert (image[:, :, 8:] == 255).all()
    assert (image[:, :, :8] == 0).all()


def test_statistics_are_of_the_training_images_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, COUNTS)
    data = ImageFolder(tmp_path, image_size=32)
    pixels = data.load("train").pixels.double() / 255

    assert torch.allclose(torch.tensor(data.mean).double(), pixels.mean((0, 2, 3)))
    expected = pixels.std((0, 2, 3), correction=0)
    assert torch.allclose(torch.tensor(data.std).double(), expected)
    monkeypatch.delattr(ImageTree, "read")
    assert ImageFolder(tmp_path, image_size=32).mean == data.mean


def assert_refused(text: str, root: Path, **options: float) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        ImageFolder(root, **options)  # type: ignore[arg-type]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere"
    assert_refused(f"there is no folder {path}: root must be a folder of images", path)


def test_folder_without_classes_tells_what_it_should_hold(tmp_path: Path) -> None:
    text = (
        f"{tmp_path} holds neither {{train,test}}/<class>/ nor {{train,val}}/<class>/ nor "
        "<class>/: arrange the images as one of them"
    )
    assert_refused(text, tmp_path)
    write_tree(tmp_path, COUNTS, splits=("train",))
    assert_refused(text, tmp_path)


def test_split_folders_are_not_taken_for_classes(tmp_path: Path) -> None:
    write_tree(tmp_path, COUNTS, flat=True)

    with pytest.raises(InputError, match="holds neither"):
        ImageFolder(tmp_path)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write_tree(tmp_path.parent, {"train": 2, "plane": 2}, splits=(tmp_path.name,))

    assert ImageFolder(tmp_path).classes == ("plane", "train")


def test_numbers_out_of_range_are_reported(tmp_path: Path) -> None:
    assert_refused("image_size is 0: it must be at least 1", tmp_path, image_size=0)
    assert_refused("test_fraction is 1: it must be between 0 and 1", tmp_path, test_fraction=1)


def test_class_of_one_image_cannot_be_split(tmp_path: Path) -> None:
    write_tree(tmp_path.parent, {"cat": 2, "dog": 1}, splits=(tmp_path.name,))

    assert_refused(
        f"class 'dog' in {tmp_path} has one image, and both splits need one: add more", tmp_path
    )


def test_classes_that_only_one_split_has_are_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1, "dog": 1}, splits=("train",))
    write_tree(tmp_path, {"cat": 1, "cow": 1}, splits=("test",))

    text = (
        f"the test classes in {tmp_path} are not the 2 expected (missing: dog; extra: cow): "
        "rename or complete them"
    )
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        ImageFolder(tmp_path).load("test")
