"""What a model costs."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers are trained."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def flops_per_image(
    model: nn.Module, image_shape: tuple[int, int, int], num_inputs: int = 1
) -> int:
    """Return the operations of one forward pass of one picture ``(C, H, W)``, or pair of them.

    A multiplication and an addition count apart; convolutions and matrix products count, what is
    done element by element does not. The model is left in the mode it was in.
    """
    training = model.training
    device = next(model.parameters()).device
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        picture = torch.zeros(1, *image_shape, device=device)
        model.eval()(picture if num_inputs == 1 else (picture,) * num_inputs)
    model.train(training)
    return counter.get_total_flops()
