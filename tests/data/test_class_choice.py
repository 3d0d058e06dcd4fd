import re
from pathlib import Path

import pytest
import torch
from commands import Command, folder_of
from made_files import write_tree

from imgcls.data.cifar10 import CIFAR10
from imgcls.data.digits import Digits
from imgcls.data.image_folder import ImageFolder
from imgcls.data.sources.pixel_source import OfficialSplit
from imgcls.errors import InputError


@pytest.mark.parametrize("split", ["train", "test"])
def test_chosen_images_are_those_of_their_classes_in_the_order_asked_for(
    split: OfficialSplit,
) -> None:
    data = Digits(classes=("7", "3", "1"), val_fraction=0)
    whole = Digits().load(split)

    images = data.train_images if split == "train" else data.test_images

    expected = [row for row, label in enumerate(whole.labels.tolist()) if label in (1, 3, 7)]
    assert images.rows.tolist() == expected
    official = torch.tensor([7, 3, 1])[images.labels]
    assert torch.equal(official, whole.labels[expected])
    batch = images.batch([5, 2])
    assert batch.index.tolist() == [expected[5], expected[2]]
    assert torch.equal(batch.inputs, whole.pixels[batch.index])
    assert torch.equal(batch.targets, images.labels[[5, 2]])
    assert images[5][1] == images.labels[5]
    assert len(data.load(split)) == len(whole)


def test_everything_downstream_sees_the_chosen_classes_only() -> None:
    data = Digits(classes=("7", "3", "1"))

    assert data.classes == ("7", "3", "1")
    assert data.num_classes == 3
    assert data.state_dict()["classes"] == ["7", "3", "1"]
    assert data.official_classes == Digits().classes == Digits().official_classes
    with pytest.raises(InputError, match=r"they differ in: 0, 2, 4, 5, 6, 8: give the data"):
        Digits().load_state_dict(data.state_dict())


def test_validation_is_drawn_within_the_chosen_classes() -> None:
    data = Digits(classes=("8", "0"), val_fraction=0.25)
    train, val = data.train_images, data.val_images

    assert train.pixels.data_ptr() == val.pixels.data_ptr()
    counts = train.labels.bincount(), val.labels.bincount()
    assert len(counts[0]) == len(counts[1]) == 2
    assert torch.allclose(counts[1] / (counts[0] + counts[1]), torch.tensor(0.25), atol=0.01)
    assert not set(train.rows.tolist()) & set(val.rows.tolist())


def test_all_classes_in_another_order_are_relabelled() -> None:
    backwards = Digits(classes=Digits.classes[::-1]).test_images

    assert torch.equal(9 - backwards.labels, Digits().test_images.labels)


def test_files_are_read_by_the_official_classes(tmp_path: Path) -> None:
    write_tree(tmp_path, dict.fromkeys(CIFAR10.classes, 2))

    data = CIFAR10(tmp_path, classes=("truck", "cat"), val_fraction=0)

    names = data.train_images.names
    assert names is not None
    assert [names[row] for row in data.train_images.rows] == [
        *("cat/cat_0", "cat/cat_1", "truck/truck_0", "truck/truck_1")
    ]
    assert data.train_images.labels.tolist() == [1, 1, 0, 0]


def test_folders_of_ones_own_are_chosen_too(tmp_path: Path) -> None:
    write_tree(tmp_path, {"cat": 2, "cow": 1, "dog": 3})

    data = ImageFolder(tmp_path, classes=("dog", "cat"), val_fraction=0)

    assert data.classes == ("dog", "cat")
    assert data.official_classes == ("cat", "cow", "dog")
    assert data.test_images.labels.tolist() == [1, 1, 0, 0, 0]
    assert data.mean == ImageFolder(tmp_path).mean


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        (
            ("cat", "aeroplane"),
            "CIFAR10 has no class 'aeroplane': did you mean airplane?",
        ),
        (("cat", "dog", "cat"), "classes names cat more than once: name each once"),
        (
            ("cat",),
            "classes has cat: a classifier separates two or more; name two or more, or leave it "
            "out for all of CIFAR10",
        ),
        (
            (),
            "classes has no name: a classifier separates two or more; name two or more, or "
            "leave it out for all of CIFAR10",
        ),
    ],
)
def test_a_choice_that_cannot_be_is_refused(classes: tuple[str, ...], text: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        CIFAR10(classes=classes)


def test_a_run_on_chosen_classes_is_tested_on_them(command: Command) -> None:
    run = folder_of(
        command(
            "fit", "--config", "digits_cnn", "--trainer.max_epochs", 1, '--data.classes=["7","1"]'
        )
    )

    cli = command("test", "--ckpt_path", run)

    assert cli.model.num_classes == 2
    assert cli.datamodule.classes == ("7", "1")
    assert len(cli.datamodule.test_images) == 72
