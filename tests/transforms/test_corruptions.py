import colorsys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from imgcls.transforms import Draws
from imgcls.transforms.corruptions import PARAMETERS, blur, brightness, contrast, corrupted, noise

random = torch.Generator().manual_seed(0)
IMAGES = torch.rand(3, 3, 32, 20, generator=random)
IMAGES[0, :, :4] = torch.tensor([0.0, 1.0, 0.5, 0.999])[:, None]  # black, white and grey rows
GREY = torch.rand(2, 1, 8, 8, generator=random)


def draws(number: int, seed: int = 0, first: int = 0) -> Draws:
    return Draws(seed, 0, torch.arange(first, first + number))


def of_hsv(images: Tensor, added: float) -> NDArray[np.float64]:
    def brighter(red: float, green: float, blue: float) -> tuple[float, float, float]:
        hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
        return colorsys.hsv_to_rgb(hue, saturation, min(value + added, 1.0))

    pixels = images.permute(0, 2, 3, 1).double().numpy()
    changed = [brighter(*pixel) for pixel in pixels.reshape(-1, 3)]
    return np.moveaxis(np.array(changed).reshape(pixels.shape), 3, 1)


def of_scipy(images: Tensor, sigma: float) -> NDArray[np.float64]:
    sigmas = (0, 0, sigma, sigma)
    found = ndimage.gaussian_filter(images.double().numpy(), sigmas, mode="nearest", truncate=4)
    return np.asarray(found)


def of_numpy(images: Tensor, factor: float) -> NDArray[np.float64]:
    pixels = images.double().numpy()
    means = pixels.mean((2, 3), keepdims=True)
    return np.asarray((pixels - means) * factor + means)


@pytest.mark.parametrize(
    ("name", "corruption", "expected"),
    [
        ("blur", blur, of_scipy),
        ("brightness", brightness, of_hsv),
        ("contrast", contrast, of_numpy),
    ],
)
def test_a_corruption_agrees_with_its_definition(
    name: str,
    corruption: Callable[[Tensor, float], Tensor],
    expected: Callable[[Tensor, float], NDArray[np.float64]],
) -> None:
    for parameter in PARAMETERS[name]:
        found = corruption(IMAGES, parameter).numpy()
        np.testing.assert_allclose(found, expected(IMAGES, parameter), atol=1e-5)


def test_noise_is_added_and_clipped_to_the_range_of_pixels() -> None:
    pattern = torch.linspace(-3, 3, GREY.numel()).view(GREY.shape)
    expected = np.clip(GREY.numpy() + 0.3 * pattern.numpy(), 0, 1)
    np.testing.assert_allclose(noise(GREY, 0.3, pattern).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("severity", "std"), [*enumerate(PARAMETERS["noise"], start=1)])
def test_the_noise_has_the_standard_deviation_of_its_severity(severity: int, std: float) -> None:
    grey = torch.full((4, 3, 32, 32), 0.5)
    found = {number: seen for name, number, seen in corrupted(grey, draws(4)) if name == "noise"}
    assert (found[severity] - 0.5).std().item() == pytest.approx(std, rel=0.03)


def test_each_corruption_has_five_severities_of_growing_distance() -> None:
    distances: dict[str, list[float]] = {}
    for name, _, seen in corrupted(IMAGES, draws(3)):
        assert (seen.shape, seen.dtype) == (IMAGES.shape, torch.float32)
        assert seen.min() >= 0
        assert seen.max() <= 1
        distances.setdefault(name, []).append((seen - IMAGES).square().mean().item())
    assert list(distances) == ["noise", "blur", "brightness", "contrast"]
    for by_severity in distances.values():
        assert len(by_severity) == 5
        assert by_severity[0] > 0
        assert sorted(set(by_severity)) == by_severity


def test_an_image_is_corrupted_alike_in_any_batch_and_the_images_do_not_change() -> None:
    before, state = IMAGES.clone(), torch.get_rng_state()
    together = list(corrupted(IMAGES, draws(3)))
    alone = list(corrupted(IMAGES[2:], draws(1, first=2)))
    for (_, _, all_seen), (_, _, one_seen) in zip(together, alone, strict=True):
        torch.testing.assert_close(all_seen[2:], one_seen)
    assert torch.equal(together[0][2][2:], alone[0][2])  # the noise itself to the last bit
    assert not torch.equal(next(corrupted(IMAGES, draws(3, seed=1)))[2], together[0][2])
    assert torch.equal(IMAGES, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_grey_images_are_corrupted_too() -> None:
    found = {name: seen for name, _, seen in corrupted(GREY, draws(2))}  # at the highest severity
    torch.testing.assert_close(found["brightness"], (GREY + 0.3).clamp(0, 1))
    assert all(seen.shape == GREY.shape for seen in found.values())
