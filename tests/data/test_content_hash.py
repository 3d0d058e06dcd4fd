"""A hash of a split's content."""

import pytest
import torch

from imgcls.data.images import Images

PIXELS = torch.arange(4 * 3 * 2 * 2, dtype=torch.uint8).reshape(4, 3, 2, 2)
LABELS = torch.tensor([0, 1, 0, 1])
CLASSES = ("cat", "dog")


def test_order_names_and_label_numbers_do_not_change_it() -> None:
    expected = Images(PIXELS, LABELS, list("abcd")).content_hash(CLASSES)
    order = torch.tensor([2, 0, 3, 1])
    assert Images(PIXELS[order], LABELS[order]).content_hash(CLASSES) == expected
    assert Images(PIXELS, 1 - LABELS).content_hash(CLASSES[::-1]) == expected


@pytest.mark.parametrize("changed", ["pixel", "label", "class", "fewer", "twice"])
def test_any_change_of_content_changes_it(changed: str) -> None:
    expected = Images(PIXELS, LABELS).content_hash(CLASSES)
    pixels, labels, rows, classes = PIXELS.clone(), LABELS.clone(), torch.arange(4), CLASSES
    if changed == "pixel":
        pixels[3, 2, 1, 1] += 1
    elif changed == "label":
        labels[3] = 0
    elif changed == "class":
        classes = ("cat", "wolf")
    elif changed == "fewer":
        rows = rows[:3]
    else:
        rows = torch.tensor([0, 1, 2, 3, 3])
    assert Images(pixels, labels, None, rows).content_hash(classes) != expected
