from pathlib import Path

import numpy as np
import pytest

from imgcls.data.sources.fingerprint import BLOCK, fingerprint
from imgcls.data.sources.pixel_source import FileStamp, stamp


def write_files(folder: Path, sizes: list[int]) -> list[FileStamp]:
    for number, size in enumerate(sizes):
        (folder / f"{number:03}").write_bytes(np.random.default_rng(number).bytes(size))
    return [stamp(folder / f"{number:03}", folder) for number in range(len(sizes))]


@pytest.mark.parametrize("part", FileStamp._fields)
def test_each_part_of_a_stamp_counts(tmp_path: Path, part: str) -> None:
    stamps = write_files(tmp_path, [100, 0, 100])
    (tmp_path / "other").write_bytes((tmp_path / "000").read_bytes())
    value = "other" if part == "path" else 99
    changed = [stamps[0]._replace(**{part: value}), *stamps[1:]]  # type: ignore[arg-type]

    assert fingerprint(tmp_path, changed) != fingerprint(tmp_path, stamps)


def flip(path: Path, position: int) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        value = file.read(1)[0]
        file.seek(position)
        file.write(bytes([value ^ 1]))


@pytest.mark.parametrize(
    ("count", "size"), [(1, 1), (1, 128 * BLOCK), (3, 42 * BLOCK - 7), (64, 2 * BLOCK)]
)
def test_every_byte_of_a_small_set_counts(tmp_path: Path, count: int, size: int) -> None:
    stamps = write_files(tmp_path, [size] * count)
    before = fingerprint(tmp_path, stamps)
    draws = np.random.default_rng(0)
    for position in [0, size - 1, *draws.integers(size, size=20)]:
        path = tmp_path / stamps[draws.integers(count)].path
        flip(path, position)
        assert fingerprint(tmp_path, stamps) != before
        flip(path, position)

    assert fingerprint(tmp_path, stamps) == before


def test_large_file_is_sampled_from_the_first_byte_to_the_last(tmp_path: Path) -> None:
    size = 1000 * BLOCK
    stamps = write_files(tmp_path, [size])
    before = fingerprint(tmp_path, stamps)
    seen = []
    for position in np.linspace(0, size - 1, 64).astype(int):
        flip(tmp_path / "000", position)
        seen.append(fingerprint(tmp_path, stamps) != before)
        flip(tmp_path / "000", position)

    assert seen[0]
    assert seen[-1]
    assert 4 <= sum(seen) <= 16


def test_many_files_are_sampled_from_the_first_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgcls.data.sources.fingerprint.FILES", 8)
    stamps = write_files(tmp_path, [10] * 64)
    before = fingerprint(tmp_path, stamps)
    seen = []
    for each in stamps:
        flip(tmp_path / each.path, 5)
        seen.append(fingerprint(tmp_path, stamps) != before)
        flip(tmp_path / each.path, 5)

    assert np.flatnonzero(seen).tolist() == list(range(0, 64, 9))


def test_file_that_cannot_be_read_is_left_to_the_decoder(tmp_path: Path) -> None:
    stamps = write_files(tmp_path, [10, 10])
    (tmp_path / "000").unlink()

    assert len(fingerprint(tmp_path, stamps)) == 64
