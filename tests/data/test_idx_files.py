import re
from pathlib import Path

import pytest
from made_files import made_pixels, write_idx

from imgcls.data.mnist import MNIST
from imgcls.errors import InputError

IMAGES = "train-images-idx3-ubyte"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_idx(tmp_path, made_pixels(3, shape=(28, 28)), [0, 1, 2], compressed=False)
    return tmp_path


def assert_refused(root: Path, text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        MNIST(root=root).load("train")


ADVICE = "delete it, so that it is downloaded again, or put a whole copy there"


def test_short_file_tells_both_lengths(root: Path) -> None:
    path = root / IMAGES
    path.write_bytes(path.read_bytes()[:-10])

    assert_refused(root, f"{path} holds 2358 bytes, not the 2368 of its header: {ADVICE}")


def test_short_gzip_file_is_named(tmp_path: Path) -> None:
    write_idx(tmp_path, made_pixels(3, shape=(28, 28)), [0, 1, 2], compressed=True)
    path = tmp_path / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:-10])

    assert_refused(
        tmp_path,
        f"{path} is not a whole gzip file (Compressed file ended before the end-of-stream marker "
        f"was reached): {ADVICE}",
    )


def test_other_content_is_named(root: Path) -> None:
    (root / IMAGES).write_bytes(b"<html>not found</html>")

    assert_refused(root, f"{root / IMAGES} is not an IDX file of bytes: {ADVICE}")


def test_images_of_another_size_are_reported_with_both_shapes(tmp_path: Path) -> None:
    write_idx(tmp_path, made_pixels(3, shape=(8, 8)), [0, 1, 2], compressed=False)

    assert_refused(
        tmp_path,
        f"images in {tmp_path} (train) are (1, 8, 8), not (1, 28, 28): is it another data set?",
    )


def test_too_few_labels_tell_both_numbers(tmp_path: Path) -> None:
    write_idx(tmp_path, made_pixels(3, shape=(28, 28)), [0, 1], compressed=False)

    assert_refused(
        tmp_path, f"{tmp_path} (train) has 3 images but 2 labels: is it another data set?"
    )


def test_labels_beyond_the_classes_tell_their_range(tmp_path: Path) -> None:
    write_idx(tmp_path, made_pixels(2, shape=(28, 28)), [3, 10], compressed=False)

    assert_refused(
        tmp_path,
        f"labels in {tmp_path} (train) go from 3 to 10, not from 0 to 9: is it another data set?",
    )
