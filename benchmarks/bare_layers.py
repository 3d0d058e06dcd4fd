"""The time of a step's convolutions and linear layers alone, called as in the step."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor, nn

Context = Callable[[], AbstractContextManager[object]]


class LayerCall(NamedTuple):
    """A layer and its input in a step, with the same format, type and need of a gradient."""

    layer: nn.Module
    inputs: Tensor


def layer_calls(model: nn.Module, inputs: Tensor) -> list[LayerCall]:
    """Return the convolutions and linear layers of a model in the order of computation.

    Args:
        model: In training mode.
        inputs: Inputs of the model, ``(N, C, H, W)``.
    """
    calls: list[LayerCall] = []

    def note(layer: nn.Module, given: tuple[Tensor], _: Tensor) -> None:
        copy = given[0].detach().clone().requires_grad_(given[0].requires_grad)
        calls.append(LayerCall(layer, copy))

    layers = [each for each in model.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    model(inputs)
    for hook in hooks:
        hook.remove()
    return calls


def seconds_alone(model: nn.Module, inputs: Tensor, context: Context, repeats: int = 5) -> float:
    """Return the total seconds of the layers of a step, forward and backward.

    Args:
        model: In training mode.
        inputs: Inputs of the model, ``(N, C, H, W)``.
        context: Creates the context of a step, such as autocast.
        repeats: Measurements of each layer; the median counts.
    """
    with context():
        calls = layer_calls(model, inputs)
    return sum(_seconds(call, context, repeats) for call in calls)


def _seconds(call: LayerCall, context: Context, repeats: int) -> float:
    layer, inputs = call
    with context():
        gradient = torch.ones_like(layer(inputs))
    times = []
    for _ in range(repeats + 1):
        layer.zero_grad()
        inputs.grad = None
        began = time.perf_counter()
        with context():
            outputs = layer(inputs)
        if outputs.requires_grad:
            outputs.backward(gradient)
        times.append(time.perf_counter() - began)
    return median(times[1:])  # the first warms up
