import os
import re
from pathlib import Path

import pytest
from made_files import made_pixels, write_batch, write_cifar10

from imgcls.data.cifar10 import CIFAR10
from imgcls.errors import InputError

ADVICE = "delete it, so that it is downloaded again, or put a whole copy there"


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_cifar10(tmp_path, made_pixels(2), [3, 1])
    return tmp_path


def assert_refused(root: Path, why: str) -> None:
    text = f"{root / 'test_batch'} is not a whole CIFAR file ({why}): {ADVICE}"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        CIFAR10(root=root).load("test")


def test_code_in_a_pickle_is_refused_and_not_run(root: Path) -> None:
    write_batch(root / "test_batch", Trap(root / "trapped"))

    assert_refused(root, f"UnpicklingError: it would call {os.mkdir.__module__}.mkdir")
    assert not (root / "trapped").exists()


def test_truncated_pickle_is_named(root: Path) -> None:
    path = root / "test_batch"
    path.write_bytes(path.read_bytes()[:500])

    assert_refused(root, "UnpicklingError: pickle data was truncated")


def test_pickle_without_images_is_reported_with_what_it_lacks(root: Path) -> None:
    write_batch(root / "test_batch", {"labels": [1]})

    assert_refused(root, "KeyError: 'data'")
