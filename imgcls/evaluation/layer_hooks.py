"""What passes through the layers of a model, listened to from outside."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from imgcls.errors import InputError, did_you_mean

# Behind a module's name: what it takes, instead of what it returns; all, or the one of a number.
INPUT = re.compile(r"\.input(?:\.(\d+))?$")
ANY_PART = "*"  # stands for one part of a dotted name
Recorded = dict[str, list[Tensor]]


class Layer(NamedTuple):
    """A module of a model, and what of it is meant.

    Attributes:
        module: The module.
        takes: Whether what it takes is meant, not what it returns.
        place: Which of several inputs, counted from 0; None is all of them.
    """

    module: nn.Module
    takes: bool
    place: int | None = None


def find_layer(model: nn.Module, name: str) -> Layer:
    """Return the module of a dotted name, such as ``backbone.3`` or ``head.input``.

    Raises:
        InputError: The model has no such module.
    """
    modules = dict(model.named_modules())
    plain = INPUT.sub("", name)
    if name and name in modules:  # a module of its own may be called input
        return Layer(modules[name], takes=False)
    if (suffix := INPUT.search(name)) and plain and plain in modules:
        return Layer(modules[plain], takes=True, place=int(suffix[1]) if suffix[1] else None)
    hint = did_you_mean(plain, filter(None, modules))
    raise InputError(f"{type(model).__name__} has no layer {name!r}{hint}")


def layer_names(model: nn.Module, names: Sequence[str]) -> list[str]:
    """Return the names of layers, each of which the model has.

    Args:
        model: Anything with named modules.
        names: As `record_layers` takes them. A ``*`` stands for any one part of a name, as in
            ``backbone.fusions.*.input``: of every module there, which may be none.

    Raises:
        InputError: The model does not have one that is named without a ``*``.
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
    """Return features ``(N, D)`` of maps ``(N, D, ...)``: the mean over all places."""
    return outputs.flatten(2).mean(2) if outputs.dim() > 2 else outputs


@contextmanager
def in_eval_mode(model: nn.Module) -> Iterator[None]:
    """Compute as in evaluation, and leave every module in the mode that it was in."""
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
    """Collect what layers return while the model computes.

    A compiled model computes as if it were not, since what is compiled calls no new hooks.

    Args:
        model: Anything with named modules.
        names: Dotted names. With ``.input`` behind it, what the module takes is collected; of
            several inputs, such as the two of a fusion, the channels are put behind one another,
            or ``.input.0`` and ``.input.1`` take them apart.
        reduce: What is kept of a tensor, such as `pooled`.

    Yields:
        For each name a list with float32 tensors on the CPU, one a forward pass.

    Raises:
        InputError: The model has no such module, or it takes or returns something without tensors.
    """
    recorded: Recorded = {name: [] for name in names}

    def keep(name: str, values: Any, place: int | None = None) -> None:
        tensors = [values] if isinstance(values, Tensor) else list(values)
        if place is not None:
            tensors = tensors[place : place + 1]
        if not tensors or not all(isinstance(tensor, Tensor) for tensor in tensors):
            raise InputError(f"layer {name!r} has no tensors to look at: name another")
        # copied, since the next layer may write over it in place
        kept = [reduce(tensor.detach()).to("cpu", torch.float32, copy=True) for tensor in tensors]
        recorded[name].append(kept[0] if len(kept) == 1 else torch.cat(kept, 1))

    with ExitStack() as hooks:
        hooks.enter_context(torch.compiler.set_stance("force_eager"))
        for name in names:
            layer = find_layer(model, name)
            if layer.takes:
                hook = layer.module.register_forward_pre_hook(
                    lambda _, inputs, name=name, place=layer.place: keep(name, inputs, place)
                )
            else:
                hook = layer.module.register_forward_hook(
                    lambda _, __, outputs, name=name: keep(name, outputs)
                )
            hooks.callback(hook.remove)
        yield recorded
