"""The layer summary of a model, with parameters and FLOPs."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


class Layer(NamedTuple):
    """One layer.

    Attributes:
        name: Path in the model, such as ``backbone.0``.
        kind: Its class.
        output_shape: Shape of the output for one image, without the batch dimension.
        parameters: Number of parameters, trained or frozen, with those of inner modules.
        calculation: How they are counted, such as ``120 * 84 + 84 = 10,164``; empty for none.
        flops: Operations on one image, as `imgcls.evaluation.flops.flops_per_image` counts them.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    calculation: str
    flops: int


def layer_summary(
    model: nn.Module, image_shape: tuple[int, int, int], num_inputs: int = 1
) -> list[Layer]:
    """Return the layers in the order of computation for one image ``(C, H, W)``.

    A layer is a module without inner modules, or a module with parameters of its own, which then
    counts as one layer. The mode of the model is restored.

    Args:
        model: Any network that takes images.
        image_shape: ``(C, H, W)`` of one image.
        num_inputs: 2 for models of an image and its gradient.
    """
    layers = dict(_layers(model))
    shapes: dict[str, tuple[int, ...]] = {}
    hooks = [layer.register_forward_hook(_note(shapes, name)) for name, layer in layers.items()]
    counter = FlopCounterMode(display=False)
    training = model.training
    image = torch.zeros(1, *image_shape, device=next(model.parameters()).device)
    with counter, torch.no_grad():
        model.eval()(image if num_inputs == 1 else (image,) * num_inputs)
    model.train(training)
    for hook in hooks:
        hook.remove()
    flops = counter.get_flop_counts()
    rows = []
    for name, shape in shapes.items():
        path = ".".join(filter(None, (type(model).__name__, name)))
        count, calculation = count_in_words(layers[name])
        kind = type(layers[name]).__name__
        rows.append(Layer(name, kind, shape, count, calculation, sum(flops.get(path, {}).values())))
    return rows


def count_in_words(layer: nn.Module) -> tuple[int, str]:
    """Return the number of parameters of a layer and its calculation, tensor by tensor."""
    parameters = list(layer.parameters())
    count = sum(parameter.numel() for parameter in parameters)
    terms = []
    for first, *rest in (parameter.shape for parameter in parameters):
        product = " * ".join(map(str, rest))
        if len(rest) > 1:
            terms.append(f"{first} * ({product})")
        else:
            terms.append(f"{product} * {first}" if rest else f"{first}")
    return count, f"{' + '.join(terms)} = {count:,}" if terms else ""


def _layers(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    children = list(module.named_children())
    if not children or any(True for _ in module.parameters(recurse=False)):
        yield name, module
    else:
        for inner, child in children:
            yield from _layers(child, f"{name}.{inner}" if name else inner)


def _note(shapes: dict[str, tuple[int, ...]], name: str) -> Callable[..., None]:
    def hook(layer: nn.Module, inputs: Any, output: Any) -> None:
        first: Tensor = output[0] if isinstance(output, tuple) else output
        shapes.setdefault(name, tuple(first.shape[1:]))

    return hook
