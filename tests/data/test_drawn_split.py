"""Splits that are drawn by content."""

import hashlib
from collections import Counter
from typing import Literal

import pytest

from imgcls.data.sources.drawn_split import drawn_contents, quota

TENTH = quota(0.1, enough=2)


def contents(name: str, count: int) -> list[str]:
    return [f"{name} {number}" for number in range(count)]


def test_the_lowest_hashes_fill_the_quota() -> None:
    def rank(content: str) -> bytes:
        return hashlib.blake2b(f"7 {content}".encode(), digest_size=8).digest()

    cats, dogs = contents("cat", 20), contents("dog", 31)
    expected = {*sorted(cats, key=rank)[:2], *sorted(dogs, key=rank)[:3]}
    assert drawn_contents({"cat": cats, "dog": dogs}, TENTH, 7, "lowest") == expected
    assert drawn_contents({"dog": dogs[::-1], "cat": cats}, TENTH, 7, "lowest") == expected
    assert drawn_contents({"cat": cats, "dog": dogs}, TENTH, 8, "lowest") != expected


@pytest.mark.parametrize(
    ("fraction", "enough", "count", "expected"),
    [(0.1, 3, 40, 4), (0.1, 3, 4, 1), (0.1, 3, 3, 1), (0.1, 3, 2, 0), (0.1, 2, 2, 1),
     (0.5, 3, 2, 1), (0.0, 3, 40, 0)],
)  # fmt: skip
def test_a_class_with_enough_images_gives_at_least_one(
    fraction: float, enough: int, count: int, expected: int
) -> None:
    assert quota(fraction, enough)(count) == expected


@pytest.mark.parametrize("end", ["lowest", "highest"])
def test_one_more_file_moves_at_most_one_other(end: Literal["lowest", "highest"]) -> None:
    files = contents("cat", 36)
    before = drawn_contents({"cat": files}, TENTH, 0, end)
    for number in range(300):
        added = f"new {number}"
        after = drawn_contents({"cat": [*files, added]}, TENTH, 0, end)
        assert len((before ^ after) - {added}) <= 1


def test_copies_are_never_divided() -> None:
    cats, dogs = contents("cat", 10) * 3, [*contents("cat", 4), *contents("dog", 16)]
    drawn = drawn_contents({"cat": cats, "dog": dogs}, quota(0.3, enough=2), 0, "lowest")
    assert 9 <= sum(each in drawn for each in cats) <= 11
    assert 6 <= sum(each in drawn for each in dogs) <= 7


def test_one_content_of_a_class_is_always_left() -> None:
    for files in (contents("cat", 2), ["cat"] * 9):
        drawn = drawn_contents({"cat": files}, quota(0.9, enough=2), 0, "lowest")
        assert Counter(each in drawn for each in set(files))[False] == 1
