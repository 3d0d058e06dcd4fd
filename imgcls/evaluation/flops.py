"""Parameters and FLOPs of a model."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(model: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def flops_per_image(
    model: nn.Module, image_shape: tuple[int, int, int], num_inputs: int = 1
) -> int:
    """Return the operations of one forward pass of one image ``(C, H, W)``, or pair of them.

    A multiplication and an addition count as two; convolutions and matrix products count,
    elementwise operations do not. The mode of the model is restored.
    """
    training = model.training
    device = next(model.parameters()).device
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        image = torch.zeros(1, *image_shape, device=device)
        model.eval()(image if num_inputs == 1 else (image,) * num_inputs)
    model.train(training)
    return counter.get_total_flops()
