from types import SimpleNamespace
from typing import Any

import pytest
import torch

from imgcls.callbacks.named_images import NamedImage, find_images
from imgcls.data.images import Images
from imgcls.errors import InputError


def made(named: bool) -> Any:
    names = ["bee/1", "bee/2", "cat/1", "cat/2"] if named else None
    whole = Images(torch.zeros(4, 1, 2, 2, dtype=torch.uint8), torch.tensor([0, 0, 1, 1]), names)
    test = Images(whole.pixels[:1], torch.tensor([0]), ["bee/9"] if named else None)
    splits = {
        "train": whole.subset(torch.tensor([0, 3])),
        "val": whole.subset(torch.tensor([1, 2])),
        "test": test,
    }
    return SimpleNamespace(images=splits.__getitem__)


def test_names_are_found_in_every_split_and_indices_in_one() -> None:
    assert find_images(made(True), ("cat/2", "cat/1", "bee/9", 0), "val") == [
        NamedImage("cat/2", "train", 1),
        NamedImage("cat/1", "val", 1),
        NamedImage("bee/9", "test", 0),
        NamedImage("bee/2", "val", 0),
    ]


def test_indices_need_no_names() -> None:
    assert find_images(made(False), (1,), "train") == [NamedImage("train 1", "train", 1)]


@pytest.mark.parametrize(
    ("named", "image", "text"),
    [
        (True, "cat/3", "has no image 'cat/3': did you mean cat/"),
        (False, "cat/1", "its images have no names: give indices, from 0"),
        (True, 2, "has no val image 2: there are 2, from 0"),
        (True, -1, "has no val image -1"),
    ],
)
def test_a_missing_image_is_reported(named: bool, image: int | str, text: str) -> None:
    with pytest.raises(InputError, match=text):
        find_images(made(named), (image,), "val")
