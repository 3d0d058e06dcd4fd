"""What light and camera may do to pictures after training: four shifts at five strengths."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2.functional import gaussian_blur

from imgcls.transforms.draws import Draws

# From the weakest shift to the strongest.
STRENGTHS = {
    "noise": (0.04, 0.06, 0.08, 0.09, 0.10),  # standard deviation
    "blur": (0.4, 0.6, 0.7, 0.8, 1.0),  # standard deviation in pixels
    "brightness": (0.05, 0.10, 0.15, 0.20, 0.30),  # added to the value of HSV
    "contrast": (0.75, 0.50, 0.40, 0.30, 0.15),  # what is left of it
}


def shifted(pictures: Tensor, draws: Draws) -> Iterator[tuple[str, float, Tensor]]:
    """Yield each shift's name, a strength of `STRENGTHS`, and the pictures under it.

    The shifts and strengths are those of CIFAR-10-C, made for 32x32 pixels (Hendrycks and
    Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations",
    2019), but not rounded to 8 bits; the noise of a picture grows without changing its pattern.

    Args:
        pictures: ``(N, C, H, W)`` float32 in [0, 1], as is what is yielded.
        draws: Where the noise comes from.
    """
    shifts: dict[str, Callable[[Tensor, float], Tensor]] = {
        "noise": partial(noise, pattern=draws.normal(*pictures.shape[1:])),
        "blur": blur,
        "brightness": brightness,
        "contrast": contrast,
    }
    for name, strengths in STRENGTHS.items():
        for strength in strengths:
            yield name, strength, shifts[name](pictures, strength)


def noise(pictures: Tensor, std: float, pattern: Tensor) -> Tensor:
    """Return pictures ``(N, C, H, W)`` in [0, 1] with Gaussian noise added to each pixel.

    Args:
        pictures: In [0, 1].
        std: Standard deviation of the noise.
        pattern: The noise at a standard deviation of 1, shaped as the pictures.
    """
    return (pictures + std * pattern).clamp(0, 1)


def blur(pictures: Tensor, sigma: float) -> Tensor:
    """Return pictures ``(N, C, H, W)`` in [0, 1] under a Gaussian, their borders carried on.

    Args:
        pictures: In [0, 1].
        sigma: Standard deviation of the Gaussian in pixels; it is cut off at four of them.
    """
    height, width = pictures.shape[2:]
    radius = int(4 * sigma + 0.5)
    around = functional.pad(pictures, [radius] * 4, mode="replicate")
    blurred: Tensor = gaussian_blur(around, [2 * radius + 1] * 2, [sigma] * 2)
    return blurred[..., radius : radius + height, radius : radius + width].clamp(0, 1)


def brightness(pictures: Tensor, added: float) -> Tensor:
    """Return pictures ``(N, C, H, W)`` in [0, 1] made brighter at the same hue and saturation.

    Args:
        pictures: In [0, 1], grey or RGB.
        added: To the value of HSV, the largest of a pixel's channels.
    """
    value = pictures.amax(1, keepdim=True)
    brighter = (value + added).clamp(0, 1)
    return torch.where(value > 0, pictures * (brighter / value), brighter).clamp(0, 1)


def contrast(pictures: Tensor, factor: float) -> Tensor:
    """Return pictures ``(N, C, H, W)`` in [0, 1] drawn towards the mean of each channel.

    Args:
        pictures: In [0, 1].
        factor: What is left of the distance to the mean; 1 changes nothing.
    """
    means = pictures.mean((2, 3), keepdim=True)
    return torch.lerp(means, pictures, factor).clamp(0, 1)
