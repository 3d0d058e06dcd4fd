"""Initial weights of a model, by name."""

from typing import Literal

import torch
from torch import nn

Initialisation = Literal["xavier", "he", "identity"]


def initialise(module: nn.Module, kind: Initialisation) -> None:
    """Initialise the weights of all convolutions and linear layers; norms are not changed.

    Args:
        module: Module with the layers.
        kind: ``xavier``: uniform, of variance 2 / (fan in + fan out); Glorot and Bengio,
            "Understanding the difficulty of training deep feedforward neural networks", 2010.
            ``he``: normal, of variance 2 / fan in; He et al., "Delving deep into rectifiers", 2015.
            Both set biases to zero. ``identity``: the first outputs of a layer repeat its inputs,
            the other outputs keep their weights; Jordan, "94% on CIFAR-10 in 3.29 seconds", 2024.
    """
    for layer in module.modules():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        if kind == "identity":
            _repeat_inputs(layer)
            continue
        if kind == "xavier":
            nn.init.xavier_uniform_(layer.weight)
        else:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def initialise_residual(module: nn.Module) -> None:
    """Initialise convolutions by He's rule with the fan out, as is common for residual networks."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


@torch.no_grad()
def _repeat_inputs(layer: nn.Conv2d | nn.Linear) -> None:
    first = layer.weight[: layer.weight.shape[1]]
    if isinstance(layer, nn.Conv2d):
        nn.init.dirac_(first)
    else:
        nn.init.eye_(first)
