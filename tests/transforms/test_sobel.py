import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage

from imgcls.transforms import sobel


def by_scipy(image: torch.Tensor) -> NDArray[np.float64]:
    """Return the stretched magnitude ``(H, W)`` of one image ``(3, H, W)``."""
    grey = np.tensordot([0.2989, 0.587, 0.114], image.numpy().astype(np.float64), axes=1)
    slopes = [ndimage.sobel(grey, axis=axis, mode="constant") for axis in (1, 0)]
    magnitude = np.hypot(*slopes)
    low, high = magnitude.min(), magnitude.max()
    stretched: NDArray[np.float64] = (magnitude - low) / (high - low + 1e-6)
    return stretched


def step(height: int, width: int) -> torch.Tensor:
    image = torch.zeros(3, height, width)
    image[:, :, width // 2 :] = 1
    return image


IMAGES = {
    "random": torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0)),
    "not square": torch.rand(3, 9, 14, generator=torch.Generator().manual_seed(1)),
    "an edge": step(16, 16),
    "black": torch.zeros(3, 8, 8),
    "grey": torch.full((3, 8, 8), 0.5),
    "white": torch.ones(3, 8, 8),
}


@pytest.mark.parametrize("name", IMAGES)
def test_it_is_scipys(name: str) -> None:
    image = IMAGES[name]
    gradient = sobel(image[None])
    assert gradient.shape == (1, *image.shape)
    for channel in gradient[0]:
        np.testing.assert_allclose(channel.numpy(), by_scipy(image), atol=1e-5)


def test_each_image_is_stretched_by_itself() -> None:
    bright, dim = IMAGES["random"], IMAGES["random"] / 10
    both = sobel(torch.stack([bright, dim]))
    torch.testing.assert_close(both[0], both[1], atol=1e-4, rtol=0)
    assert both.amin() == 0
    assert both.amax() == pytest.approx(1, abs=1e-4)


def test_black_images_have_no_gradient() -> None:
    assert (sobel(torch.zeros(2, 3, 8, 8)) == 0).all()


@pytest.mark.parametrize("name", IMAGES)
def test_slopes_are_finite(name: str) -> None:
    image = IMAGES[name][None].clone().requires_grad_()
    (slope,) = torch.autograd.grad(sobel(image).square().sum(), image)
    assert slope.isfinite().all()


def test_the_slope_is_right() -> None:
    image = torch.rand(1, 3, 5, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(sobel, image)
