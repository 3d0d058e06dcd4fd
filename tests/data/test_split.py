import pytest
import torch
from torch import Tensor

from imgcls.data.images import Images
from imgcls.data.split import stratified_split

LABELS = torch.tensor([0] * 100 + [1] * 40 + [2] * 20)[torch.randperm(160)]


def positions(seed: int, fraction: float = 0.25) -> list[Tensor]:
    """Return which images are trained on and which validate."""
    images = Images(torch.arange(160, dtype=torch.uint8).view(160, 1, 1, 1), LABELS)
    parts = stratified_split(images, fraction, seed)
    return [torch.stack([part[i][0] for i in range(len(part))]).flatten() for part in parts]


@pytest.mark.parametrize(("fraction", "counts"), [(0.25, [25, 10, 5]), (0.1, [10, 4, 2])])
def test_each_class_gives_its_fraction_and_each_image_is_on_one_side(
    fraction: float, counts: list[int]
) -> None:
    train, val = positions(0, fraction)
    assert torch.bincount(LABELS[val.long()]).tolist() == counts
    assert sorted([*train.tolist(), *val.tolist()]) == list(range(160))


def test_both_sides_keep_the_order_of_the_official_set() -> None:
    for part in positions(0):
        assert part.tolist() == sorted(part.tolist())


def test_the_seed_alone_decides() -> None:
    first, again, other = positions(0), positions(0), positions(1)
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])


def test_nothing_may_be_held_out_for_validation() -> None:
    train, val = stratified_split(Images(torch.zeros(160, 1, 1, 1), LABELS), 0, 0)
    assert (len(train), len(val)) == (160, 0)
