import numpy as np
import pytest
import torch

from imgcls.errors import InputError
from imgcls.transforms import normalise


@pytest.mark.parametrize(
    ("mean", "std"), [((0.5,), (0.25,)), ((0.49, 0.48, 0.45), (0.25, 0.24, 0.26))]
)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64], ids=str)
def test_it_is_the_formula(
    mean: tuple[float, ...], std: tuple[float, ...], dtype: torch.dtype
) -> None:
    pixels = torch.arange(7 * len(mean) * 6 * 9).view(7, len(mean), 6, 9) % 256
    pixels = pixels.to(torch.uint8)
    images = pixels if dtype == torch.uint8 else pixels.to(dtype) / 255
    before = images.clone()
    result = normalise(images, mean, std)
    column = (len(mean), 1, 1)
    expected = (pixels.numpy() / 255 - np.reshape(mean, column)) / np.reshape(std, column)
    assert result.dtype == torch.float32
    np.testing.assert_allclose(result.numpy(), expected, atol=2e-6)
    assert torch.equal(images, before)


def test_numbers_that_do_not_fit_the_channels_are_refused() -> None:
    images = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    with pytest.raises(InputError, match=r"mean has 1 numbers and std 3, .* have 3 channels"):
        normalise(images, (0.5,), (0.2, 0.2, 0.2))


def test_a_deviation_of_0_is_refused() -> None:
    images = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    with pytest.raises(InputError, match=r"std is \(0.0,\): .* choose above 0"):
        normalise(images, (0.5,), (0.0,))
