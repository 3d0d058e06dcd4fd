"""Grad-CAM: where in a picture a net finds what speaks for a class."""

from typing import Any

import torch
from torch import Tensor, nn

from imgcls.errors import InputError
from imgcls.evaluation.layer_hooks import find_layer, in_eval_mode


def last_maps(model: nn.Module, inputs: Any) -> str:
    """Return the name of the layer that Grad-CAM looks at unless another is named.

    It is the last one that has as many places as the last convolution: behind its norm and ReLU,
    before it is pooled.

    Args:
        model: Returns logits.
        inputs: What it takes, ``(N, C, H, W)``; one picture is enough.

    Raises:
        InputError: No convolution returns more than one place.
    """
    names = {module: name for name, module in model.named_modules()}
    sizes: dict[str, torch.Size] = {}  # in the order of computing
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
            f"{type(model).__name__} has no convolution that returns more than one place, so "
            "Grad-CAM has nowhere to look"
        )
    return [name for name, size in sizes.items() if size == convolved][-1]


def grad_cam(model: nn.Module, layer: str, inputs: Any, classes: Tensor) -> Tensor:
    """Return heat maps ``(N, H', W')`` in [0, 1]: which of a layer's places speak for a class.

    Selvaraju et al., "Grad-CAM: Visual explanations from deep networks via gradient-based
    localization", 2017, in the form of Draelos and Carin, "Use HiResCAM instead of Grad-CAM for
    faithful explanations of convolutional neural networks", 2020: the layer's maps are added up,
    each weighed at each place by the slope of the class's logit, and what is below zero is cut off.
    The first form weighs by a map's mean slope, which is the same where maps are averaged over
    places before the logits, and can leave nothing where linear layers look at each place. Here
    each heat map is then divided by its highest value; one without a place above zero stays 0. The
    model computes as in evaluation and is left as it was, its gradients too.

    Args:
        model: Returns logits ``(N, K)``.
        layer: Dotted name of a module that returns maps ``(N, D, H', W')``; see `last_maps`.
        inputs: What the model takes, ``(N, C, H, W)``.
        classes: The class of each picture that is asked about, ``(N,)`` int64.

    Raises:
        InputError: The model has no such module, or it returns no maps.
    """
    maps, slopes = _maps_and_slopes(model, layer, inputs, classes)
    heat = (slopes * maps).sum(1).relu()
    highest = heat.amax((1, 2), keepdim=True)
    return heat / highest.where(highest > 0, 1)


def _maps_and_slopes(
    model: nn.Module, layer: str, inputs: Any, classes: Tensor
) -> tuple[Tensor, Tensor]:
    """Return a layer's maps and the slopes of the classes' logits, both ``(N, D, H', W')``."""
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
    (slopes,) = torch.autograd.grad(logits.sum(), maps)
    return maps.detach().float(), slopes.float()
