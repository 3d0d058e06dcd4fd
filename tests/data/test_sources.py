import re
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
import torch
from made_files import (
    made_pixels,
    write_batch,
    write_cifar10,
    write_idx,
    write_image,
    write_tree,
)
from PIL import Image

from imgcls.data.caltech101 import Caltech101
from imgcls.data.cifar10 import CIFAR10
from imgcls.data.cifar100 import CIFAR100
from imgcls.data.fashion_mnist import FashionMNIST
from imgcls.data.mnist import MNIST
from imgcls.data.sources.find import DatasetFiles, find_source, load_split, read_split, source_of
from imgcls.data.sources.idx_files import find_idx_files
from imgcls.errors import InputError

FILES = DatasetFiles("Tiny-Set", official=find_idx_files)
CLASSES = ("cat", "dog")


def load_tiny(root: Path, classes: tuple[str, ...] = CLASSES) -> None:
    load_split(source_of(FILES, root), "Tiny-Set", "train", classes, (3, 32, 32))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("folder", ["", "MNIST/raw", "mnist", "raw"])
def test_idx_files_keep_pixels_labels_and_order(
    tmp_path: Path, folder: str, compressed: bool
) -> None:
    images = made_pixels(4, shape=(28, 28))
    write_idx(tmp_path / folder, images, [7, 0, 9, 0], compressed)

    loaded = MNIST(root=tmp_path).load("test")

    assert torch.equal(loaded.pixels, torch.from_numpy(images)[:, None])
    assert loaded.labels.tolist() == [7, 0, 9, 0]
    assert loaded.labels.dtype == torch.int64
    assert loaded.names is None


@pytest.mark.parametrize("folder", ["", "cifar-10-batches-py", "CIFAR10/cifar-10-batches-py"])
def test_cifar_pickles_are_read_batch_after_batch(tmp_path: Path, folder: str) -> None:
    pixels = made_pixels(2)
    write_cifar10(tmp_path / folder, pixels, [3, 1])

    data = CIFAR10(root=tmp_path)
    train, test = data.load("train"), data.load("test")

    assert torch.equal(test.pixels, torch.from_numpy(pixels))
    assert torch.equal(train.pixels, torch.from_numpy(np.concatenate([pixels] * 5)))
    assert train.labels.tolist() == [3, 1] * 5


def test_fine_labels_of_cifar_100_are_taken(tmp_path: Path) -> None:
    for name in ("train", "test"):
        batch = {"data": made_pixels(2).reshape(2, -1), "coarse_labels": [1, 2]}
        write_batch(tmp_path / "cifar-100-python" / name, batch | {"fine_labels": [99, 0]})

    assert CIFAR100(root=tmp_path).load("train").labels.tolist() == [99, 0]


@pytest.mark.parametrize("name", ["cifar10", "CIFAR-10", "Cifar_10"])
def test_folder_of_the_data_set_is_found_in_any_spelling(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path / name, dict.fromkeys(CIFAR10.classes, 2))

    data = CIFAR10(root=tmp_path)

    assert data.source.folder == tmp_path / name
    loaded = data.load("train")
    assert loaded.labels.tolist() == sorted([*range(10)] * 2)
    assert loaded.names is not None
    assert loaded.names[:2] == ["airplane/airplane_0", "airplane/airplane_1"]


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp", ".webp", ".jpg"])
def test_folder_tree_admits_image_formats(tmp_path: Path, suffix: str) -> None:
    write_tree(tmp_path, {"cat": 2, "dog": 1}, suffix=suffix)

    loaded = load_split(source_of(FILES, tmp_path), "T", "test", CLASSES, (3, 32, 32))

    assert loaded.labels.tolist() == [0, 0, 1]


def test_pixels_of_a_folder_tree_are_exact(tmp_path: Path) -> None:
    pixels = made_pixels(2)
    for split in ("train", "test"):
        write_image(tmp_path / split / "cat" / "1.png", pixels[0])
        write_image(tmp_path / split / "dog" / "0.png", pixels[1])

    loaded = load_split(source_of(FILES, tmp_path), "T", "train", CLASSES, (3, 32, 32))

    assert torch.equal(loaded.pixels, torch.from_numpy(pixels))


def test_flat_tree_splits_the_class_at_the_last_underscore(tmp_path: Path) -> None:
    names = ("beetle", "bee", "woman", "man", "porcupine", "pine_tree", "seal", "sea", "train")
    write_tree(tmp_path / "train" / "tiny_set", dict.fromkeys(names, 2), flat=True, suffix=".jpg")

    source = source_of(FILES, tmp_path / "train")
    loaded = load_split(source, "T", "test", names, (3, 32, 32))

    assert source.kind == "flat tree"
    assert loaded.names is not None
    found = {loaded.names[row]: names[label] for row, label in enumerate(loaded.labels.tolist())}
    assert found == {f"{name}/{name}_{number}": name for name in names for number in (0, 1)}


def test_class_folders_follow_the_official_label_order_in_their_own_spelling(
    tmp_path: Path,
) -> None:
    spelt = [name.lower().replace("/", "_").replace(" ", "-") for name in FashionMNIST.classes]
    write_tree(tmp_path / "fashion-mnist", dict.fromkeys(spelt, 1), shape=(1, 28, 28))
    elsewhere = DatasetFiles("Fashion-MNIST", official=find_idx_files)

    loaded = load_split(
        source_of(elsewhere, tmp_path), "F", "train", FashionMNIST.classes, (1, 28, 28)
    )

    assert loaded.names is not None
    assert dict(zip(loaded.names, loaded.labels.tolist(), strict=True)) == {
        f"{name}/{name}_0": number for number, name in enumerate(spelt)
    }


def test_hidden_files_and_what_macos_leaves_are_ignored(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1, "dog": 1})
    for split in ("train", "test"):
        (tmp_path / split / ".ipynb_checkpoints").mkdir()
        (tmp_path / split / "__MACOSX").mkdir()
        for junk in (".DS_Store", "cat/._cat_0.png", "cat/Thumbs.db"):
            (tmp_path / split / junk).write_bytes(b"junk")

    load_tiny(tmp_path)


def test_grey_images_become_rgb(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1, "dog": 1}, shape=(1, 32, 32))

    loaded = load_split(source_of(FILES, tmp_path), "T", "train", CLASSES, (3, 32, 32))

    assert torch.equal(loaded.pixels[:, 0], loaded.pixels[:, 2])


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    levels = np.array([[0, 256], [32768, 65535]], np.uint16)
    for split in ("train", "test"):
        for name in CLASSES:
            (tmp_path / split / name).mkdir(parents=True)
            Image.fromarray(levels).save(tmp_path / split / name / "0.png")

    loaded = load_split(source_of(FILES, tmp_path), "T", "train", CLASSES, (1, 2, 2))

    assert loaded.pixels[0, 0].tolist() == [[0, 1], [128, 255]]


def test_official_files_come_before_trees_and_other_folders_last(tmp_path: Path) -> None:
    system = tmp_path / "system"
    write_idx(system, made_pixels(2, shape=(5, 4)), [0, 1], compressed=True)
    files = DatasetFiles("Tiny-Set", official=find_idx_files, elsewhere=[system])
    root = tmp_path / "root"

    source = find_source(files, root)
    assert source is not None
    assert source.folder == system
    write_tree(root / "tinyset", {"cat": 1, "dog": 1}, flat=True)
    assert source_of(files, root).kind == "flat tree"
    write_tree(root / "Tiny_Set", {"cat": 1, "dog": 1})
    assert source_of(files, root).kind == "folder tree"
    write_idx(root, made_pixels(2, shape=(5, 4)), [0, 1], compressed=False)
    assert source_of(files, root).folder == root


def test_train_and_val_test_on_val(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 2, "dog": 2}, splits=("train", "val"))

    assert len(load_split(source_of(FILES, tmp_path), "T", "test", CLASSES, (3, 32, 32))) == 4


def assert_refused(root: Path, text: str, classes: tuple[str, ...] = CLASSES) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        load_tiny(root, classes)


def test_nothing_found_says_what_to_put_where(tmp_path: Path) -> None:
    assert_refused(
        tmp_path,
        f"no Tiny-Set in {tmp_path}: put its official files there, or images as "
        "tinyset/{train,test}/<class>/*.png or tinyset/{train,test}/<class>_<number>.jpg; "
        "another folder is named by --data.root or $IMGCLS_DATA",
    )


def test_missing_and_extra_classes_are_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1, "hound": 1})

    assert_refused(
        tmp_path,
        f"the train classes in {tmp_path} are not the 2 expected (missing: dog; extra: hound): "
        "rename or complete them",
    )


def test_many_missing_classes_are_counted(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1})

    assert_refused(
        tmp_path,
        f"the train classes in {tmp_path} are not the 8 expected (missing: a, b, c, d, e and 2 "
        "more): rename or complete them",
        ("cat", *"abcdefg"),
    )


def test_empty_class_folder_is_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1})
    (tmp_path / "train/dog").mkdir()

    assert_refused(
        tmp_path,
        f"class 'dog' has no images in the train split of {tmp_path}: "
        "add some, or remove the class",
    )


def test_truncated_image_is_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 2, "dog": 1})
    broken = tmp_path / "train/cat/cat_1.png"
    broken.write_bytes(broken.read_bytes()[:1000])

    assert_refused(
        tmp_path,
        f"1 image cannot be read: {broken}: image file is truncated: "
        "replace or delete the file; `imgcls data` lists every one",
    )


def test_several_broken_images_are_counted(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 2, "dog": 1})
    for name in ("cat/cat_0.png", "dog/dog_0.png"):
        (tmp_path / "train" / name).write_bytes(b"")

    assert_refused(
        tmp_path,
        f"2 images cannot be read: {tmp_path}/train/cat/cat_0.png: cannot identify image file, "
        "...: replace or delete the file; `imgcls data` lists every one",
    )


def test_image_of_another_size_is_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1, "dog": 1})
    write_image(tmp_path / "train/dog/dog_0.png", made_pixels(1, shape=(3, 64, 48))[0])

    assert_refused(
        tmp_path,
        f"1 image cannot be read: {tmp_path}/train/dog/dog_0.png: it is 48x64, not 32x32: "
        "replace or delete the file; `imgcls data` lists every one",
    )


def test_flat_file_without_a_class_is_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 1, "dog": 1}, flat=True)
    write_image(tmp_path / "train/bird.png", made_pixels(1)[0])

    assert_refused(
        tmp_path,
        f"{tmp_path}/train/bird.png does not name its class: "
        "name it <class>_<number>, or move it away",
    )


@pytest.mark.real_data
@pytest.mark.parametrize("kind", [MNIST, CIFAR10, CIFAR100, FashionMNIST, Caltech101])
def test_configured_statistics_are_those_of_the_training_images(
    kind: type[MNIST], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    data = kind()
    train = read_split(data.source, data.files.name, "train", data.classes, data.image_shape)

    assert np.allclose(train.mean, data.mean, atol=5e-5)
    assert np.allclose(train.std, data.std, atol=5e-5)


@pytest.mark.real_data
def test_cached_cifar_100_loads_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    CIFAR100().prepare_data()
    start = perf_counter()
    data = CIFAR100()
    lengths = len(data.load("train")), len(data.load("test"))

    assert perf_counter() - start < 1
    assert lengths == (50_000, 10_000)
