"""Grad-CAM: heat maps of the evidence for a class in an image."""

from typing import Any

import torch
from torch import Tensor, nn

from imgcls.errors import InputError
from imgcls.evaluation.layer_hooks import find_layer, in_eval_mode


def last_maps(model: nn.Module, inputs: Any) -> str:
    """Return the name of the default layer for Grad-CAM.

    It is the last layer whose maps have the size of those of the last convolution: after its norm
    and ReLU, before pooling.

    Args:
        model: Returns logits.
        inputs: Inputs of the model, ``(N, C, H, W)``; one image is enough.

    Raises:
        InputError: No convolution returns maps larger than 1x1.
    """
    names = {module: name for name, module in model.named_modules()}
    sizes: dict[str, torch.Size] = {}  # in the order of computation
    convolved = torch.Size()

    def note(module: nn.Module, _: Any, outputs: Any) -> None:
        nonlocal convolved
        if isinstance(outputs, Tensor) and outputs.dim() == 4 and outputs[0, 0].numel() > 1:
            sizes[names[module]] = outputs.shape[2:]
            if isinstance(module, nn.Conv2d):
                convolved = outputs.shape[2:]

    hooks = [module.register_forward_hook(note) for module in names]
    try:
        with in_eval_mode(model), torch.no_grad(), torch.compiler.set_stance("force_eager"):
            model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if not convolved:
        raise InputError(
            f"{type(model).__name__} has no convolution that returns maps larger than 1x1, "
            "which Grad-CAM needs"
        )
    return [name for name, size in sizes.items() if size == convolved][-1]


def grad_cam(model: nn.Module, layer: str, inputs: Any, classes: Tensor) -> Tensor:
    """Return heat maps ``(N, H', W')`` in [0, 1]: the evidence for a class at each position.

    Selvaraju et al., "Grad-CAM: Visual explanations from deep networks via gradient-based
    localization", 2017, in the form of Draelos and Carin, "Use HiResCAM instead of Grad-CAM for
    faithful explanations of convolutional neural networks", 2020: the layer's maps are summed,
    weighted at each position by the gradient of the class's logit, and negative values are set to
    zero. The original form weights by a map's mean gradient. Both are the same if maps are averaged
    over positions before the logits; with linear layers on all positions the original form can
    vanish. Each heat map is then divided by its maximum; a map without positive values stays 0. The
    model computes in eval mode; the model and its gradients are not changed.

    Args:
        model: Returns logits ``(N, K)``.
        layer: Dotted name of a module that returns maps ``(N, D, H', W')``; see `last_maps`.
        inputs: Inputs of the model, ``(N, C, H, W)``.
        classes: The class to explain for each image, ``(N,)`` int64.

    Raises:
        InputError: The model has no such module, or it returns no maps.
    """
    maps, gradients = _maps_and_gradients(model, layer, inputs, classes)
    heat = (gradients * maps).sum(1).relu()
    highest = heat.amax((1, 2), keepdim=True)
    return heat / highest.where(highest > 0, 1)


def _maps_and_gradients(
    model: nn.Module, layer: str, inputs: Any, classes: Tensor
) -> tuple[Tensor, Tensor]:
    """Return a layer's maps and the gradients of the classes' logits, both ``(N, D, H', W')``."""
    found = find_layer(model, layer)
    maps: Tensor | None = None

    def begin_here(_: nn.Module, __: Any, outputs: Any) -> Tensor | None:
        nonlocal maps
        if found.takes or not isinstance(outputs, Tensor) or outputs.dim() != 4:
            return None
        maps = outputs.detach().requires_grad_()
        return maps.clone()  # the next layer may write over it in place

    hook = found.module.register_forward_hook(begin_here)
    try:
        with in_eval_mode(model), torch.enable_grad(), torch.compiler.set_stance("force_eager"):
            logits = model(inputs).gather(1, classes[:, None])
    finally:
        hook.remove()
    if maps is None:
        raise InputError(f"layer {layer!r} returns no maps: name one such as a convolution")
    (gradients,) = torch.autograd.grad(logits.sum(), maps)
    return maps.detach().float(), gradients.float()
