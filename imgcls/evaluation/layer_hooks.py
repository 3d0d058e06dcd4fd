"""Recording of the inputs and outputs of a model's layers by hooks."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from imgcls.errors import InputError, did_you_mean

# Suffix of a module's name: its input instead of its output; all inputs, or the one with an index.
INPUT = re.compile(r"\.input(?:\.(\d+))?$")
ANY_PART = "*"  # stands for one part of a dotted name
Recorded = dict[str, list[Tensor]]


class Layer(NamedTuple):
    """A module of a model, and whether its input or its output is meant.

    Attributes:
        module: The module.
        takes: Whether the input is meant, not the output.
        position: Index of one of several inputs, from 0; None for all of them.
    """

    module: nn.Module
    takes: bool
    position: int | None = None


def find_layer(model: nn.Module, name: str) -> Layer:
    """Return the module of a dotted name, such as ``backbone.3`` or ``head.input``.

    Raises:
        InputError: The model has no such module.
    """
    modules = dict(model.named_modules())
    plain = INPUT.sub("", name)
    if name and name in modules:  # a module may be called input
        return Layer(modules[name], takes=False)
    if (suffix := INPUT.search(name)) and plain and plain in modules:
        return Layer(modules[plain], takes=True, position=int(suffix[1]) if suffix[1] else None)
    hint = did_you_mean(plain, filter(None, modules))
    raise InputError(f"{type(model).__name__} has no layer {name!r}{hint}")


def layer_names(model: nn.Module, names: Sequence[str]) -> list[str]:
    """Return the names of layers, after checking that the model has them.

    Args:
        model: Anything with named modules.
        names: Names as for `record_layers`. A ``*`` stands for any one part of a name, as in
            ``backbone.fusions.*.input``, and may match no module.

    Raises:
        InputError: The model lacks a layer whose name has no ``*``.
    """
    found: list[str] = []
    for name in names:
        if ANY_PART not in name:
            find_layer(model, name)
            found.append(name)
            continue
        plain = INPUT.sub("", name)
        pattern = re.compile(re.escape(plain).replace(r"\*", r"[^.]+"))
        modules = [module for module, _ in model.named_modules() if pattern.fullmatch(module)]
        found += [module + name.removeprefix(plain) for module in modules]
    return list(dict.fromkeys(found))


def first_convolution(model: nn.Module) -> tuple[str, nn.Conv2d] | None:
    """Return the name and the module of the first convolution, if there is one."""
    modules = model.named_modules()
    return next(((name, each) for name, each in modules if isinstance(each, nn.Conv2d)), None)


def as_is(outputs: Tensor) -> Tensor:
    """Return a tensor itself."""
    return outputs


def pooled(outputs: Tensor) -> Tensor:
    """Return features ``(N, D)`` of maps ``(N, D, ...)``: the mean over all positions."""
    return outputs.flatten(2).mean(2) if outputs.dim() > 2 else outputs


@contextmanager
def in_eval_mode(model: nn.Module) -> Iterator[None]:
    """Compute in eval mode, then restore the mode of every module."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def record_layers(
    model: nn.Module, names: Sequence[str], reduce: Callable[[Tensor], Tensor] = as_is
) -> Iterator[Recorded]:
    """Record the outputs of layers while the model computes.

    A compiled model runs uncompiled, since compiled code calls no new hooks.

    Args:
        model: Anything with named modules.
        names: Dotted names. With the suffix ``.input``, the input of the module is recorded; the
            channels of several inputs, such as the two of a fusion, are concatenated, while
            ``.input.0`` and ``.input.1`` record one of them.
        reduce: Function of a tensor whose result is recorded, such as `pooled`.

    Yields:
        For each name a list of float32 tensors on the CPU, one per forward pass.

    Raises:
        InputError: The model has no such module, or its input or output has no tensors.
    """
    recorded: Recorded = {name: [] for name in names}

    def record(name: str, values: Any, index: int | None = None) -> None:
        tensors = [values] if isinstance(values, Tensor) else list(values)
        if index is not None:
            tensors = tensors[index : index + 1]
        if not tensors or not all(isinstance(tensor, Tensor) for tensor in tensors):
            raise InputError(f"layer {name!r} has no tensors to record: name another layer")
        # copied, since the next layer may write over it in place
        reduced = [
            reduce(tensor.detach()).to("cpu", torch.float32, copy=True) for tensor in tensors
        ]
        recorded[name].append(reduced[0] if len(reduced) == 1 else torch.cat(reduced, 1))

    with ExitStack() as hooks:
        hooks.enter_context(torch.compiler.set_stance("force_eager"))
        for name in names:
            layer = find_layer(model, name)
            if layer.takes:
                hook = layer.module.register_forward_pre_hook(
                    lambda _, inputs, name=name, index=layer.position: record(name, inputs, index)
                )
            else:
                hook = layer.module.register_forward_hook(
                    lambda _, __, outputs, name=name: record(name, outputs)
                )
            hooks.callback(hook.remove)
        yield recorded
