from pathlib import Path

import numpy as np
import pytest
import torch
from made_files import made_pixels, write_picture, write_tree

from imgcls.data.images import Images
from imgcls.data.sources.find import DatasetFiles, load_split, source_of
from imgcls.data.sources.image_tree import PictureTree
from imgcls.data.sources.pixel_source import channel_statistics

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

    monkeypatch.setattr(PictureTree, "read", decode)


def test_second_load_decodes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(root)
    forbid_decoding(monkeypatch)
    second = load(root)

    assert torch.equal(first.pixels, second.pixels)
    assert first.labels.tolist() == second.labels.tolist() == [0, 0, 1, 1]
    assert first.names == second.names == ["cat/cat_0", "cat/cat_1", "dog/dog_0", "dog/dog_1"]


def test_changed_picture_is_decoded_again(root: Path) -> None:
    before = load(root).pixels.clone()
    write_picture(root / "train/cat/cat_0.png", made_pixels(1, seed=9)[0])
    after = load(root).pixels

    assert not torch.equal(before[0], after[0])
    assert torch.equal(before[1:], after[1:])


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


def test_entry_cut_short_is_made_again(root: Path, own_cache: Path) -> None:
    expected = load(root).pixels.clone()
    (pixels,) = own_cache.glob("tinyset-train-*/pixels.npy")
    pixels.write_bytes(pixels.read_bytes()[:2000])

    assert torch.equal(load(root).pixels, expected)
    assert pixels.stat().st_size > 4 * 3 * 32 * 32


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
