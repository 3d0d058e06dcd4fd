import numpy as np
import pytest
import torch

from imgcls.errors import InputError
from imgcls.transforms import Draws, RandomCrop


def find_shift(old: np.ndarray, new: np.ndarray, padding: int) -> tuple[int, int]:
    """Return the position of the new image in numpy's padded image ``(C, H, W)``."""
    height, width = old.shape[1:]
    padded = np.pad(old, [(0, 0), (padding, padding), (padding, padding)], mode="reflect")
    for row in range(2 * padding + 1):
        for column in range(2 * padding + 1):
            if np.array_equal(padded[:, row : row + height, column : column + width], new):
                return row, column
    pytest.fail("the new image is no window of the padded old one")


@pytest.mark.parametrize(
    ("shape", "padding"),
    [((400, 3, 32, 32), 2), ((100, 1, 28, 28), 4), ((200, 2, 7, 12), 5), ((20, 3, 5, 4), 0)],
    ids=str,
)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32], ids=str)
def test_each_image_is_a_window_of_numpys_reflected_image(
    shape: tuple[int, ...], padding: int, dtype: torch.dtype
) -> None:
    images = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    draws = Draws(seed=0, epoch=0, index=torch.arange(len(images)))
    cropped = RandomCrop(padding)(images, draws)
    shifts = [
        find_shift(old, new, padding)
        for old, new in zip(images.numpy(), cropped.numpy(), strict=True)
    ]
    rows, columns = map(set, zip(*shifts, strict=True))
    assert rows == columns == set(range(2 * padding + 1))
    if padding == 2:  # 400 images on 25 translations: 16 each, and 24 degrees of freedom
        counts = np.bincount([5 * row + column for row, column in shifts], minlength=25)
        assert ((counts - 16) ** 2 / 16).sum() < 62


def test_padding_below_0_is_refused() -> None:
    with pytest.raises(InputError, match=r"padding is -1: .* choose 0 or more"):
        RandomCrop(-1)


def test_padding_as_wide_as_the_image_is_refused() -> None:
    images = torch.zeros(2, 3, 8, 4, dtype=torch.uint8)
    draws = Draws(seed=0, epoch=0, index=torch.arange(2))
    with pytest.raises(InputError, match=r"padding is 4 but the images are 8x4: .* at most 3"):
        RandomCrop(4)(images, draws)
