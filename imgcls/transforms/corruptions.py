"""Common corruptions of images: noise, blur, brightness and contrast at five severities."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2.functional import gaussian_blur

from imgcls.transforms.draws import Draws

# The parameter of each corruption, from the lowest severity to the highest.
PARAMETERS = {
    "noise": (0.04, 0.06, 0.08, 0.09, 0.10),  # standard deviation
    "blur": (0.4, 0.6, 0.7, 0.8, 1.0),  # standard deviation in pixels
    "brightness": (0.05, 0.10, 0.15, 0.20, 0.30),  # added to the value of HSV
    "contrast": (0.75, 0.50, 0.40, 0.30, 0.15),  # factor on the contrast
}


def corrupted(images: Tensor, draws: Draws) -> Iterator[tuple[str, int, Tensor]]:
    """Yield the name of each corruption, each severity from 1 to 5, and the corrupted images.

    The corruptions and severities are those of CIFAR-10-C, made for 32x32 pixels (Hendrycks and
    Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations",
    2019), but not rounded to 8 bits; all severities of an image's noise have the same pattern.

    Args:
        images: ``(N, C, H, W)`` float32 in [0, 1]; the yielded images have the same form.
        draws: Source of the noise.
    """
    corruptions: dict[str, Callable[[Tensor, float], Tensor]] = {
        "noise": partial(noise, pattern=draws.normal(*images.shape[1:])),
        "blur": blur,
        "brightness": brightness,
        "contrast": contrast,
    }
    for name, parameters in PARAMETERS.items():
        for severity, parameter in enumerate(parameters, start=1):
            yield name, severity, corruptions[name](images, parameter)


def noise(images: Tensor, std: float, pattern: Tensor) -> Tensor:
    """Return images ``(N, C, H, W)`` in [0, 1] with Gaussian noise added to each pixel.

    Args:
        images: In [0, 1].
        std: Standard deviation of the noise.
        pattern: The noise at a standard deviation of 1, with the shape of the images.
    """
    return (images + std * pattern).clamp(0, 1)


def blur(images: Tensor, sigma: float) -> Tensor:
    """Return images ``(N, C, H, W)`` in [0, 1] blurred by a Gaussian; borders are replicated.

    Args:
        images: In [0, 1].
        sigma: Standard deviation of the Gaussian in pixels; the kernel ends at four of them.
    """
    height, width = images.shape[2:]
    radius = int(4 * sigma + 0.5)
    around = functional.pad(images, [radius] * 4, mode="replicate")
    blurred: Tensor = gaussian_blur(around, [2 * radius + 1] * 2, [sigma] * 2)
    return blurred[..., radius : radius + height, radius : radius + width].clamp(0, 1)


def brightness(images: Tensor, added: float) -> Tensor:
    """Return images ``(N, C, H, W)`` in [0, 1] with more brightness, same hue and saturation.

    Args:
        images: In [0, 1], grey or RGB.
        added: Added to the value of HSV, which is the largest of a pixel's channels.
    """
    value = images.amax(1, keepdim=True)
    brighter = (value + added).clamp(0, 1)
    return torch.where(value > 0, images * (brighter / value), brighter).clamp(0, 1)


def contrast(images: Tensor, factor: float) -> Tensor:
    """Return images ``(N, C, H, W)`` in [0, 1] with less contrast around the mean of each channel.

    Args:
        images: In [0, 1].
        factor: Factor on the distance to the mean; 1 changes nothing.
    """
    means = images.mean((2, 3), keepdim=True)
    return torch.lerp(means, images, factor).clamp(0, 1)
