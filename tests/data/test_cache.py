import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from made_files import (
    made_pixels,
    write_cifar10,
    write_idx,
    write_image,
    write_stl10,
    write_tree,
)

from imgcls.data.cifar10 import CIFAR10
from imgcls.data.images import Images
from imgcls.data.mnist import MNIST
from imgcls.data.sources.find import DatasetFiles, load_split, read_split, source_of
from imgcls.data.sources.image_files import Resize
from imgcls.data.sources.image_tree import ImageTree
from imgcls.data.sources.pixel_source import channel_statistics
from imgcls.data.stl10 import STL10

FILES = DatasetFiles("Tiny-Set")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_tree(tmp_path, {"cat": 2, "dog": 2})
    return tmp_path


def load(root: Path) -> Images:
    return load_split(source_of(FILES, root), "Tiny-Set", "train", ("cat", "dog"), (3, 32, 32))


def forbid_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(ImageTree, "read", decode)


def test_second_load_decodes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(root)
    forbid_decoding(monkeypatch)
    second = load(root)

    assert torch.equal(first.pixels, second.pixels)
    assert first.labels.tolist() == second.labels.tolist() == [0, 0, 1, 1]
    assert first.names == second.names == ["cat/cat_0", "cat/cat_1", "dog/dog_0", "dog/dog_1"]


def test_changed_image_is_decoded_again(root: Path) -> None:
    before = load(root).pixels.clone()
    write_image(root / "train/cat/cat_0.png", made_pixels(1, seed=9)[0])
    after = load(root).pixels

    assert not torch.equal(before[0], after[0])
    assert torch.equal(before[1:], after[1:])


def write_bitmaps(root: Path, seed: int) -> None:
    """Write images whose files all have the same size and the same time."""
    pixels = made_pixels(4, seed)
    for row, name in enumerate(("cat/0", "cat/1", "dog/0", "dog/1")):
        for split in ("train", "test"):
            path = root / split / f"{name}.bmp"
            write_image(path, pixels[row])
            os.utime(path, ns=(10**18, 10**18))


def test_folders_alike_in_names_sizes_and_times_are_distinguished(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_bitmaps(tmp_path / str(seed), seed)
        assert torch.equal(
            load(tmp_path / str(seed)).pixels, torch.from_numpy(made_pixels(4, seed))
        )


def test_copy_of_a_folder_has_an_entry_that_names_it(tmp_path: Path, own_cache: Path) -> None:
    write_bitmaps(tmp_path / "one", seed=1)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "link").symlink_to("two")
    for name in ("one", "two", "link"):
        load(tmp_path / name)

    abouts = [json.loads(path.read_text()) for path in own_cache.glob("*/about.json")]
    folders = sorted(about["folder"] for about in abouts)
    assert folders == [str(tmp_path / name) for name in ("one", "two")]


def test_other_resize_is_another_entry(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 2, "dog": 2}, shape=(3, 48, 32))
    cropped, squeezed = (
        load_split(
            source_of(DatasetFiles("Tiny-Set", resize=resize), tmp_path),
            "Tiny-Set",
            "train",
            ("cat", "dog"),
            (3, 32, 32),
        ).pixels
        for resize in get_args(Resize)
    )

    assert not torch.equal(cropped, squeezed)


def test_replaced_file_of_the_same_size_and_time_is_seen(tmp_path: Path) -> None:
    write_bitmaps(tmp_path, seed=1)
    for number, path in enumerate(sorted(tmp_path.glob("train/*/*.bmp"))):
        before = load(tmp_path).pixels.clone()
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        os.utime(path, ns=(10**18, 10**18))
        changed = (before != load(tmp_path).pixels).flatten(1).any(1)

        assert changed.nonzero().tolist() == [[number]]


def write_pair(folder: Path) -> None:
    write_tree(folder, {"cat": 1, "dog": 1})


def write_mnist(folder: Path) -> None:
    write_idx(folder, made_pixels(2, shape=(28, 28)), [0, 1], compressed=False)


def write_pickles(folder: Path) -> None:
    write_cifar10(folder, made_pixels(2), [0, 1])


def write_binary(folder: Path) -> None:
    write_stl10(folder, made_pixels(2, shape=(3, 96, 96)), [0, 1])


@pytest.mark.parametrize(
    ("write", "files", "shape"),
    [
        (write_pair, FILES, (3, 32, 32)),
        (write_mnist, MNIST.files, (1, 28, 28)),
        (write_pickles, CIFAR10.files, (3, 32, 32)),
        (write_binary, STL10.files, (3, 96, 96)),
    ],
)
def test_size_and_time_of_every_file_count_in_every_kind_of_source(
    write: Callable[[Path], None],
    files: DatasetFiles,
    shape: tuple[int, int, int],
    tmp_path: Path,
    own_cache: Path,
) -> None:
    write(tmp_path)
    stamps = [stamp for stamp in source_of(files, tmp_path).files("train") if stamp.size]
    names = [stamp.path for stamp in stamps]
    assert [(tmp_path / stamp.path).stat().st_size for stamp in stamps] == [s.size for s in stamps]
    for changed in (None, *names):
        for name in names:
            os.utime(tmp_path / name, ns=(0, 2 if name == changed else 1))
        read_split(source_of(files, tmp_path), "Tiny-Set", "train", ("cat", "dog"), shape)

    assert len(list(own_cache.iterdir())) == 1 + len(names)


def test_writing_to_loaded_pixels_leaves_the_cache_as_it_is(root: Path) -> None:
    before = load(root).pixels.clone()
    load(root).pixels.zero_()

    assert torch.equal(load(root).pixels, before)


def test_crash_while_writing_leaves_nothing(
    root: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", crash)
        with pytest.raises(KeyboardInterrupt):
            load(root)

    assert list(own_cache.iterdir()) == []
    assert len(load(root)) == 4


def test_unwritable_cache_warns_and_works(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    with pytest.warns(UserWarning, match=r"tinyset-train cannot be cached in .*/file/imgcls"):
        images = load(root)

    assert images.labels.tolist() == [0, 0, 1, 1]


def test_statistics_are_those_of_numpy() -> None:
    pixels = made_pixels(1500, shape=(3, 4, 4))
    mean, std = channel_statistics(pixels)

    assert np.allclose(mean, (pixels / 255).mean((0, 2, 3)))
    assert np.allclose(std, (pixels / 255).std((0, 2, 3)))
