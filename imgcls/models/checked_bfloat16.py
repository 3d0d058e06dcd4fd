"""Convolutions and linear layers in bfloat16 on a processor, checked before use."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
# Fraction of a tensor's root mean square: sums over a batch of 512 in bfloat16, as some processors
# compute them, are wrong by at most a quarter.
TOLERANCE = 0.5
numbers = torch.Generator().manual_seed(0)  # separate from training's generator
verdicts: dict[Hashable, bool] = {}  # of this process: whether bfloat16 is correct for a call


class CheckedBfloat16:
    """Compares each kind of call of a model's layers with float32, once in a process.

    Libraries have kernels for each processor, and one may be wrong for some shape: oneDNN in torch
    2.14, on processors with AMX, leaves parts of a weight gradient unwritten if a 3x3 convolution
    of stride 2 is applied to maps of 1x1. Output and gradients of a layer are therefore computed on
    random numbers, once for its settings and the form of its inputs; if they are wrong, the layer
    computes in float32. Layers compiled by `torch.compile`, and layers with inner modules, such as
    parametrizations, are not checked.

    On an AMD EPYC that has no bfloat16 of its own, with one thread, the checks for images of 20
    pixels take as long as 1.3 steps of `cifar100_speed` and 0.2 of `cifar100_resnet`; each later
    step takes 1 ms more, less than 0.01 % (``benchmarks/bfloat16_check.py``).

    Args:
        model: Anything with modules.
        report: Is called with a line on each kind of layer that is computed in float32.
    """

    def __init__(self, model: nn.Module, report: Callable[[str], Any]) -> None:
        plain = [layer for layer in model.modules() if not list(layer.children())]
        layers = [layer for layer in plain if isinstance(layer, LAYERS)]
        compute = self._compute  # one object: torch.compile recompiles for another
        self._forwards = {layer: MethodType(compute, layer) for layer in layers}
        self._report = report
        self._reported: set[str] = set()

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Check what is computed within the block; the model is restored afterwards."""
        free = [layer for layer in self._forwards if "forward" not in vars(layer)]
        for layer in free:
            vars(layer)["forward"] = self._forwards[layer]
        try:
            yield
        finally:
            for layer in free:
                del vars(layer)["forward"]

    def _compute(self, layer: nn.Module, inputs: Tensor) -> Tensor:
        """Return the output of the layer, computed in bfloat16 if that is correct."""
        compute: Callable[[nn.Module, Tensor], Tensor] = type(layer).forward
        casts = torch.is_autocast_enabled("cpu") and not torch.compiler.is_compiling()
        if not casts or _trusted(layer, inputs):
            return compute(layer, inputs)
        line = f"bfloat16 is wrong on this processor for {_in_words(layer, inputs)}"
        if line not in self._reported:
            self._reported.add(line)
            self._report(f"{line}: computed in float32")
        with torch.autocast("cpu", enabled=False):
            return compute(layer, inputs.float()).bfloat16()


def _trusted(layer: Any, inputs: Tensor) -> bool:
    """Return whether bfloat16 is correct for a call; the first call of a kind is checked."""
    tensors = (inputs, layer.weight, layer.bias)
    call = (
        repr(layer),
        (inputs.dtype, inputs.shape, inputs.stride(), layer.weight.stride()),
        torch.is_grad_enabled(),
        tuple(each is not None and each.requires_grad for each in tensors),
        torch.get_num_threads(),
    )
    if call not in verdicts:
        verdicts[call] = is_right(layer, inputs)
    return verdicts[call]


def is_right(layer: nn.Module, inputs: Tensor) -> bool:
    """Return whether a layer's results for such inputs in bfloat16 agree with float32.

    The output and the gradients of a step are compared, number by number; the gradients a second
    time, with the opposite sign.

    Args:
        layer: The layer; its settings and the memory format of its weights matter, not the values.
        inputs: Inputs; shape, type, memory format and need of a gradient matter, not the values.
    """
    twin = _twin(layer)
    sample = _draw(torch.empty_like(inputs)).requires_grad_(inputs.requires_grad)
    learned = [each for each in (sample, *map(_draw, twin.parameters())) if each.requires_grad]
    with torch.autocast("cpu", enabled=False):
        exact = type(twin).forward(twin, sample.float())
    gradient = _draw(torch.empty_like(exact, dtype=torch.bfloat16))
    gradients = _backward(exact, learned, gradient.float())
    _leave_dirt([exact])
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        output = type(twin).forward(twin, sample)
    right = _is_close(output, exact)
    for sign in (1, -1):
        _leave_dirt(gradients)
        rough = _backward(output, learned, sign * gradient)
        pairs = zip(rough, gradients, strict=True)
        right = right and all(_is_close(sign * ours, theirs) for ours, theirs in pairs)
    return right


def _twin(layer: nn.Module) -> nn.Module:
    """Return a layer with the same settings, separate weights and no hooks."""
    twin = type(layer).__new__(type(layer))
    nn.Module.__init__(twin)
    vars(twin).update({**vars(layer), **vars(twin)})
    twin.register_parameter("bias", None)  # a layer may have none
    for name, buffer in layer.named_buffers():
        setattr(twin, name, buffer)
    for name, weight in layer.named_parameters():
        setattr(twin, name, nn.Parameter(torch.empty_like(weight), weight.requires_grad))
    return twin


@torch.no_grad()
def _draw(values: Tensor) -> Tensor:
    """Fill a tensor with -1, 0 and 1: bfloat16 holds their sums up to 256 without rounding."""
    return values.random_(-1, 2, generator=numbers)


def _backward(output: Tensor, learned: Sequence[Tensor], gradient: Tensor) -> Sequence[Tensor]:
    if not output.requires_grad:
        return ()
    with torch.autocast(
        "cpu", enabled=False
    ):  # as in a step, whose backward pass is outside of autocast
        return torch.autograd.grad(output, learned, gradient, retain_graph=True)


def _leave_dirt(like: Sequence[Tensor]) -> None:
    """Fill the memory that the next tensors of these sizes get with NaN, bfloat16 or float32."""
    sizes = [each.numel() * number for each in like for number in (1, 2)]
    dirt = [torch.full((size,), torch.nan, dtype=torch.bfloat16) for size in sizes]
    dirt.clear()  # at once: freed one by one, each would reuse the memory of the previous one


@torch.no_grad()
def _is_close(rough: Tensor, exact: Tensor) -> bool:
    error = torch.linalg.vector_norm(rough - exact, torch.inf)
    mean_square_root = torch.linalg.vector_norm(exact) / exact.numel() ** 0.5
    return bool(error <= TOLERANCE * mean_square_root)  # NaN is not


def _in_words(layer: Any, inputs: Tensor) -> str:
    kind = type(layer).__name__
    if isinstance(layer, nn.Linear):
        return f"{kind} {layer.in_features} -> {layer.out_features}"
    kernel, maps = (
        "x".join(map(str, sizes))
        for sizes in (layer.kernel_size, inputs.shape[-len(layer.kernel_size) :])
    )
    channels = f"{layer.in_channels} -> {layer.out_channels}"
    return f"{kind} {channels}, {kernel}, stride {layer.stride[0]}, on {maps} maps"
