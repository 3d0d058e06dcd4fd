import numpy as np
import pytest
import torch

from imgcls.errors import InputError
from imgcls.transforms import Cutout, Draws


def squares(size: int, height: int, width: int) -> dict[bytes, tuple[int, int]]:
    """Return the centre behind each mask that an even size may give, as the authors clip it."""
    half = size // 2
    masks = {}
    for y in range(height):
        for x in range(width):
            mask = np.zeros((height, width), dtype=bool)
            top, bottom = np.clip([y - half, y + half], 0, height)
            left, right = np.clip([x - half, x + half], 0, width)
            mask[top:bottom, left:right] = True
            masks[mask.tobytes()] = (y, x)
    return masks


@pytest.mark.parametrize(("dtype", "grey"), [(torch.uint8, 128), (torch.float32, 0.5)], ids=str)
@pytest.mark.parametrize(("channels", "height", "width"), [(3, 12, 12), (1, 6, 10)])
def test_a_grey_square_around_any_pixel_is_hidden(
    dtype: torch.dtype, grey: float, channels: int, height: int, width: int
) -> None:
    shape = (1500, channels, height, width)
    images = torch.randint(0, 100, shape, generator=torch.Generator().manual_seed(0))
    images = images.to(dtype) if dtype == torch.uint8 else images.to(dtype) / 255
    draws = Draws(seed=0, epoch=0, index=torch.arange(len(images)))
    cut = Cutout(size=4)(images, draws)
    centre_of = squares(4, height, width)
    centres = set()
    for old, new in zip(images.numpy(), cut.numpy(), strict=True):
        hidden = new == grey
        assert np.array_equal(new[~hidden], old[~hidden])
        assert (hidden == hidden[0]).all()
        centres.add(centre_of[hidden[0].tobytes()])
    assert {y for y, _ in centres} == set(range(height))
    assert {x for _, x in centres} == set(range(width))


def test_an_odd_square_is_as_large_as_it_says() -> None:
    images = torch.zeros(500, 1, 9, 9, dtype=torch.uint8)
    draws = Draws(seed=0, epoch=0, index=torch.arange(500))
    areas = (Cutout(size=3)(images, draws) == 128).sum((1, 2, 3))
    assert set(areas.tolist()) == {4, 6, 9}  # in a corner, on an edge, inside


def test_size_below_1_is_refused() -> None:
    with pytest.raises(InputError, match=r"size is 0: .* choose 1 or more"):
        Cutout(0)


def test_a_square_larger_than_the_image_is_refused() -> None:
    images = torch.zeros(2, 1, 5, 8, dtype=torch.uint8)
    draws = Draws(seed=0, epoch=0, index=torch.arange(2))
    with pytest.raises(InputError, match=r"size is 8 but the images are 5x8: .* at most 5"):
        Cutout(8)(images, draws)
