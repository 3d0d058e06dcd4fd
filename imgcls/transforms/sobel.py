"""The Sobel gradient of images."""

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2.functional import rgb_to_grayscale

KERNEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
EPSILON = 1e-6  # avoids a division by zero for an image without edges


def sobel(images: Tensor) -> Tensor:
    """Return the gradients of RGB images, grey and repeated to three channels.

    The luminance is convolved with Sobel's kernels along rows and columns, with zero padding; the
    magnitude ``sqrt(gx^2 + gy^2)`` of each image is scaled to [0, 1]. Sobel and Feldman, "A
    3x3 isotropic gradient operator for image processing", 1968.

    Args:
        images: ``(N, 3, H, W)`` floating point, in [0, 1]; differentiable, also where it is flat.
    """
    kernel = torch.tensor(KERNEL, dtype=images.dtype).to(images.device, non_blocking=True)
    kernels = torch.stack([kernel, kernel.T])[:, None]  # (2, 1, 3, 3)
    slopes = functional.conv2d(rgb_to_grayscale(images), kernels, padding=1)  # (N, 2, H, W)
    magnitude: Tensor = torch.linalg.vector_norm(slopes, dim=1, keepdim=True)
    low = magnitude.amin((2, 3), keepdim=True)
    high = magnitude.amax((2, 3), keepdim=True)
    return ((magnitude - low) / (high - low + EPSILON)).expand(-1, 3, -1, -1)
