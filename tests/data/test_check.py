import re
from pathlib import Path

import numpy as np
import pytest
from made_files import made_pixels, write_idx, write_image, write_tree

from imgcls.cli.data import run
from imgcls.data.check import check
from imgcls.data.cifar10 import CIFAR10
from imgcls.data.image_folder import ImageFolder
from imgcls.data.mnist import MNIST
from imgcls.errors import InputError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes; cat/0 = cat/1 = dog/0 of train = cat/0 of test, and one grey image."""
    pixels = made_pixels(4, shape=(3, 64, 64))
    pixels[3] = pixels[3, :1]
    for name, row in {
        "train/cat/0": 0,
        "train/cat/1": 0,
        "train/cat/2": 1,
        "train/dog/0": 0,
        "train/dog/1": 3,
        "test/cat/0": 0,
        "test/dog/0": 2,
    }.items():
        write_image(tmp_path / f"{name}.png", pixels[row])
    return tmp_path


def test_report_of_a_folder(root: Path) -> None:
    data = ImageFolder(root)
    mean, std = (" ".join(f"{value:.4f}" for value in values) for values in (data.mean, data.std))

    report = check(data)

    assert report.problems == ["test: 1 are also in train: cat/0 = cat/0"]
    assert report.description == [
        f"ImageFolder: folder tree in {root}",
        f"{root} has train and test, no val: 0.1 of each class of train is the validation split",
        "train: 5 images, 2 classes, from 2 (dog) to 3 (cat) in each",
        "train: 2 repeat an earlier image, 1 of them under another label: cat/1 = cat/0, "
        "dog/0 = cat/0",
        "train: 1 grey among RGB: dog/1",
        "test: 2 images, 2 classes, 1 in each",
        "test: 0 repeat an earlier image, 0 of them under another label",
        "test: 0 grey among RGB",
        f"mean of train: {mean}",
        f"std of train: {std}",
    ]


def test_every_broken_file_and_empty_class_is_listed(root: Path) -> None:
    (root / "train/cat/0.png").write_bytes(b"")
    (root / "test/dog/0.png").write_bytes(b"no image")
    (root / "train/cow").mkdir()
    (root / "test/cow").mkdir()

    report = check(ImageFolder(root))

    assert report.problems == [
        f"class 'cow' has no images in the train split of {root}: add some, or remove the class",
        f"{root}/train/cat/0.png: cannot identify image file",
        f"class 'cow' has no images in the test split of {root}: add some, or remove the class",
        f"{root}/test/dog/0.png: cannot identify image file",
        "test: 1 are also in train: cat/0 = cat/1",
    ]
    assert report.description[2] == "train: 4 images, 3 classes, from 0 (cow) to 2 (cat) in each"


def test_another_data_set_shows_in_its_statistics(tmp_path: Path) -> None:
    write_idx(tmp_path, np.full((10, 28, 28), 51, np.uint8), range(10), compressed=False)

    lines = check(MNIST(root=tmp_path)).description

    assert "mean of train: 0.2000, configured: 0.1307  <- they differ" in lines
    assert lines[2].endswith("9 of them under another label: 1 = 0, 2 = 0, 3 = 0 and 6 more")


def test_file_that_cannot_be_read_at_all_is_a_problem(tmp_path: Path) -> None:
    write_idx(tmp_path, made_pixels(10, shape=(28, 28)), range(10), compressed=False)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(b"")

    report = check(MNIST(root=tmp_path))

    assert report.problems == [
        f"{path} is not an IDX file of bytes: "
        "delete it, so that it is downloaded again, or put a whole copy there"
    ]
    assert report.description[1] == "test: 10 images, 10 classes, 1 in each"


def test_command_prints_the_report_of_a_named_data_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tree(tmp_path, dict.fromkeys(CIFAR10.classes, 1))

    assert run(["cifar-10", "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"CIFAR-10: folder tree in {tmp_path}\n")


def test_command_takes_a_folder_and_tells_problems(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "train/cat/0.png").write_bytes(b"")

    assert run([str(root)]) == 1
    assert capsys.readouterr().out.endswith(
        f"problem: {root}/train/cat/0.png: cannot identify image file\n"
        "problem: test: 1 are also in train: cat/0 = cat/1\n"
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["cifr10"], "'cifr10' is neither a data set nor a folder: did you mean CIFAR10"),
        (["ImageFolder"], "ImageFolder needs --root FOLDER, or name the folder itself"),
        (["mnist", "--root", "nowhere"], "no MNIST in "),
    ],
)
def test_names_that_lead_nowhere(arguments: list[str], text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}"):
        run(arguments)
