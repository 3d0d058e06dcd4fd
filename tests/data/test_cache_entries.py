"""Damaged entries of the cache, and those that nobody will open again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_files import made_pixels

from imgcls import main
from imgcls.data.sources import cache
from imgcls.data.sources.pixel_source import Decoded, decoded

SPLIT = decoded(made_pixels(6, shape=(3, 8, 8)), np.arange(6), [f"cat/{row}" for row in range(6)])
FILES = ("pixels.npy", "labels.npy", "about.json", "sums.txt")
Damage = Callable[[bytearray, np.random.Generator], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a source that has an entry."""
    folder = tmp_path / "source"
    folder.mkdir()
    is_made_again(folder)
    return folder


@pytest.fixture
def entry(folder: Path, own_cache: Path) -> Path:
    (entry,) = own_cache.iterdir()
    return entry


def is_made_again(folder: Path, title: str = "tinyset-train") -> bool:
    """Open an entry, which must be the original; return whether it was decoded for that."""
    decodings = []

    def decode() -> Decoded:
        decodings.append(title)
        return SPLIT

    split = cache.cached(title, folder, "settings", decode)
    assert np.array_equal(split.pixels, SPLIT.pixels)
    assert np.array_equal(split.labels, SPLIT.labels)
    assert (split.names, split.mean, split.std) == (SPLIT.names, SPLIT.mean, SPLIT.std)
    return bool(decodings)


def flip_a_bit(content: bytearray, draws: np.random.Generator) -> None:
    content[draws.integers(len(content))] ^= 1 << draws.integers(8)


def zero_a_block(content: bytearray, draws: np.random.Generator) -> None:
    start = draws.integers(len(content))
    block = content[start : start + 100]
    content[start : start + len(block)] = bytes(len(block))


@pytest.mark.parametrize("damage", [flip_a_bit, zero_a_block])
def test_no_damage_is_served(
    folder: Path, entry: Path, damage: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    draws = np.random.default_rng(0)
    sound = {name: (entry / name).read_bytes() for name in FILES}
    seen = 0
    while seen < 500:
        name = FILES[draws.integers(len(FILES))]
        content = bytearray(sound[name])
        damage(content, draws)
        if content == sound[name]:  # zeros in place of zeros
            continue
        (entry / name).write_bytes(content)
        with pytest.raises(OSError, match="not what was written"):
            cache.opened(entry)
        seen += 1
        if seen % 20 == 0:
            assert is_made_again(folder)
        else:
            (entry / name).write_bytes(sound[name])

    assert not is_made_again(folder)
    line = f"{entry} is damaged (its content is not what was written): it is made again\n"
    assert capsys.readouterr().err == 25 * line


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("length", [None, 0, 1, -1])
def test_cut_empty_and_missing_files_are_made_again(
    folder: Path, entry: Path, name: str, length: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = entry / name
    if length is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:length])

    assert is_made_again(folder)
    assert capsys.readouterr().err.startswith(f"{entry} is damaged (")
    assert not is_made_again(folder)
    assert capsys.readouterr().err == ""


def test_damaged_entry_that_cannot_be_removed_is_not_served(
    folder: Path, entry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry / "pixels.npy").write_bytes(b"")
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)

    with pytest.warns(UserWarning, match="tinyset-train cannot be cached"):
        assert is_made_again(folder)


def test_large_file_is_checked_once_and_again_when_replaced(
    folder: Path, entry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    crc32 = cache.crc32

    def noted(path: Path) -> int:
        read.append(path.name)
        return crc32(path)

    monkeypatch.setattr(cache, "READ_ONCE", (entry / "labels.npy").stat().st_size)
    monkeypatch.setattr(cache, "crc32", noted)

    is_made_again(folder)
    assert read.count("pixels.npy") == read.count("labels.npy") == 1
    is_made_again(folder)
    assert read.count("pixels.npy") == 1
    assert read.count("labels.npy") == 2

    (entry / "pixels.npy").write_bytes(bytes((entry / "pixels.npy").stat().st_size))
    assert is_made_again(folder)


def test_prune_removes_what_nobody_will_open(
    tmp_path: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = {name: tmp_path / name for name in ("kept", "gone", "old", "broken")}
    for name, folder in folders.items():
        folder.mkdir()
        is_made_again(folder, f"{name}-train")
    folders["gone"].rmdir()
    kept, gone, old, broken = (next(own_cache.glob(f"{name}-*")) for name in folders)
    (old / "about.json").write_text(json.dumps({"names": None, "mean": [], "std": []}))
    (broken / "about.json").write_text("{")
    np.save(gone / "pixels.npy", np.zeros(3_000_000, np.uint8))
    others = [own_cache / "benchmark_peers", own_cache / ".unfinished"]
    for other in others:
        other.mkdir()

    with pytest.raises(SystemExit, match="0"):
        main(["data", "--prune"])

    assert sorted(own_cache.iterdir()) == sorted([kept, *others])
    assert capsys.readouterr().out.splitlines() == [
        f"removed {broken.name}, 0.0 MB: it is damaged",
        f"removed {gone.name}, 3.0 MB: {folders['gone']} is gone",
        f"removed {old.name}, 0.0 MB: another version of imgcls wrote it",
        f"removed 3 entries, 3.0 MB, from {own_cache}",
    ]
    assert not is_made_again(folders["kept"], "kept-train")


@pytest.mark.parametrize("arguments", [[], ["CIFAR10", "--prune"]])
def test_data_takes_a_name_or_prune(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["data", *arguments])

    assert "give either NAME or --prune" in capsys.readouterr().err
