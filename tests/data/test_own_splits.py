"""The splits of a folder of one's own images."""

import shutil
from pathlib import Path

import pytest
import torch
from made_files import made_pixels, write_image, write_tree

from imgcls.batch import Split
from imgcls.data.image_folder import ImageFolder
from imgcls.data.sources import content_hashes

SPLITS: tuple[Split, ...] = ("train", "val", "test")


def write_class(folder: Path, count: int, first: int = 0) -> None:
    for number, pixels in enumerate(made_pixels(first + count, len(folder.name))[first:], first):
        write_image(folder / f"{number}.png", pixels)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return a folder without splits: 40 images of gulls and 40 of other owls."""
    write_class(tmp_path / "birds" / "gull", 40)
    write_class(tmp_path / "birds" / "owl", 40)
    return tmp_path / "birds"


def names(data: ImageFolder) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for split in SPLITS:
        images = data.images(split)
        assert images.names is not None
        found[split] = {images.names[row] for row in images.rows}
    return found


def test_a_folder_without_splits_is_divided_by_class(whole: Path) -> None:
    data = ImageFolder(whole)
    found = names(data)
    assert set.union(*found.values()) == {f"{c}/{n}" for c in ("gull", "owl") for n in range(40)}
    for split, count in zip(SPLITS, (32, 4, 4), strict=True):
        assert data.images(split).labels.tolist() == [0] * count + [1] * count
        assert len(found[split]) == 2 * count
    assert {path.removesuffix(".png") for path in data.file_hashes("val")} == found["val"]
    assert names(ImageFolder(whole, split_seed=1)) != found


def test_names_and_times_of_files_count_for_nothing(whole: Path) -> None:
    before = ImageFolder(whole)
    sizes = {len(before.images(split)) for split in SPLITS}
    old = {split: sorted(before.file_hashes(split).values()) for split in SPLITS}
    for file in sorted((whole / "owl").iterdir()):
        file.rename(file.with_name(f"z{99 - int(file.stem)}.png"))
    after = ImageFolder(whole)
    assert {len(after.images(split)) for split in SPLITS} == sizes
    assert {split: sorted(after.file_hashes(split).values()) for split in SPLITS} == old


def test_one_file_more_moves_at_most_one_other_in_or_out_of_the_test_split(whole: Path) -> None:
    before = names(ImageFolder(whole))
    for number in range(40, 50):
        write_class(whole / "owl", 1, first=number)
        after = names(ImageFolder(whole))
        assert len((before["test"] ^ after["test"]) - {f"owl/{number}"}) <= 1
        before = after


def test_copies_of_an_image_lie_in_one_split(whole: Path) -> None:
    for number in range(40):
        shutil.copy(whole / "gull" / f"{number}.png", whole / "gull" / f"copy_{number}.png")
    for found in names(ImageFolder(whole)).values():
        assert found
        gulls = {name for name in found if name.startswith("gull/") and "copy" not in name}
        assert {name.replace("gull/", "gull/copy_") for name in gulls} <= found


def test_a_run_rules_for_the_files_that_it_knows(whole: Path) -> None:
    data = ImageFolder(whole)
    files = {split: data.file_hashes(split) for split in SPLITS}
    before = names(data)
    write_class(whole / "owl", 30, first=40)
    old = sorted(before["test"])[-1]  # an owl, under another name
    (whole / f"{old}.png").rename(whole / "owl" / "renamed.png")
    write_image(whole / f"{sorted(before['val'])[-1]}.png", made_pixels(1, 99)[0])  # replaced
    grown = ImageFolder(whole, split_seed=1)
    grown.follow(files)
    after = names(grown)
    assert after["train"] >= before["train"]
    assert after["val"] >= before["val"]
    assert after["test"] >= before["test"] - {old} | {"owl/renamed"}
    assert not names(ImageFolder(whole, split_seed=1))["train"] >= before["train"]


def test_train_val_and_test_are_used_as_they_are(tmp_path: Path) -> None:
    for split, count in zip(SPLITS, (6, 3, 2), strict=True):
        write_tree(tmp_path, {"gull": count, "owl": count}, splits=(split,))
    data = ImageFolder(tmp_path, val_fraction=0.1)
    assert [len(data.images(split)) for split in SPLITS] == [12, 6, 4]
    assert sorted(data.file_hashes("val"))[0] == "val/gull/gull_0.png"
    assert torch.equal(data.val_images.pixels, data.load("val").pixels)
    assert data.splits_in_words == (
        f"{tmp_path} has train, val and test, which are used as they are; val_fraction 0.1 is not "
        "used"
    )
    assert ImageFolder(tmp_path, val_fraction=0).validates


def test_what_is_drawn_is_printed(tmp_path: Path, whole: Path) -> None:
    write_tree(tmp_path / "one", {"gull": 20, "owl": 20}, splits=("train", "val"))
    write_tree(tmp_path / "two", {"gull": 20, "owl": 20}, splits=("train", "test"))
    one, two = ImageFolder(tmp_path / "one"), ImageFolder(tmp_path / "two")
    assert sorted(one.file_hashes("test"))[0] == "val/gull/gull_0.png"
    assert [len(one.images(split)) for split in SPLITS] == [36, 4, 40]
    drawn = "0.1 of each class of train is the validation split"
    assert one.splits_in_words == (
        f"{tmp_path}/one has train and val, no test: val is the TEST split, and {drawn}"
    )
    assert two.splits_in_words == f"{tmp_path}/two has train and test, no val: {drawn}"
    assert ImageFolder(whole).splits_in_words == (
        f"{whole} has no splits: 0.1 of each class is the test split, and 0.1 of the rest the "
        "validation split"
    )


def test_small_classes_are_validated_too(tmp_path: Path) -> None:
    write_tree(tmp_path, {"gull": 300, "heron": 4, "owl": 4, "kiwi": 2}, ("train",), (3, 8, 8))
    write_tree(tmp_path, {"gull": 2, "heron": 2, "owl": 2, "kiwi": 2}, ("test",), (3, 8, 8))
    data = ImageFolder(tmp_path, image_size=8)
    assert data.val_images.labels.bincount(minlength=4).tolist() == [30, 1, 0, 1]


def test_the_hash_of_a_split_is_of_files_and_classes_whatever_their_size(whole: Path) -> None:
    data = ImageFolder(whole, image_size=8)
    assert data.content_hash("test") == ImageFolder(whole, image_size=16).content_hash("test")
    assert data.content_hash("test") != data.content_hash("val")
    path = whole / next(iter(data.file_hashes("test")))
    with path.open("ab") as file:
        file.write(b"0")
    changed = ImageFolder(whole, image_size=8)
    changed.follow({"test": data.file_hashes("test"), "train": data.file_hashes("train")})
    assert changed.content_hash("test") != data.content_hash("test")


def test_files_are_hashed_once(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ImageFolder(whole).file_hashes("test")
    monkeypatch.delattr(content_hashes, "content_hash")
    assert ImageFolder(whole).file_hashes("test") == first
