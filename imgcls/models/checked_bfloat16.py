"""Convolutions and linear layers in bfloat16 on a processor: checked before they are trusted."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
# Of the root of a tensor's mean square: sums over a batch of 512 that are kept in bfloat16, as some
# processors do, are a quarter off at worst.
TOLERANCE = 0.5
numbers = torch.Generator().manual_seed(0)  # apart from training's; none is drawn a second time
verdicts: dict[Hashable, bool] = {}  # of this process: whether bfloat16 is right for a call


class CheckedBfloat16:
    """Compares each kind of call of a model's layers with float32, once in a process.

    Libraries have kernels for each processor, of which one may be wrong for some shape: oneDNN, as
    torch 2.14 has it, on processors with AMX leaves parts of a weight gradient unwritten where a
    3x3 convolution of stride 2 meets maps of 1x1. So output and gradients of a layer are computed
    of random numbers, once for its settings and what it is given; where they are wrong, it computes
    in float32. Not checked are layers that `torch.compile` has compiled, and those with modules of
    their own, such as parametrizations.

    On an AMD EPYC that has no bfloat16 of its own, with one thread, the checks for images of 20
    pixels take as long as 1.3 steps of `cifar100_speed` and 0.2 of `cifar100_resnet`, and each step
    from then on 1 ms, less than 0.01 %, more (``benchmarks/bfloat16_check.py``).

    Args:
        model: Anything with modules.
        tell: Takes a line on each kind of layer that is computed in float32.
    """

    def __init__(self, model: nn.Module, tell: Callable[[str], Any]) -> None:
        plain = [layer for layer in model.modules() if not list(layer.children())]
        layers = [layer for layer in plain if isinstance(layer, LAYERS)]
        compute = self._compute  # one object: what is compiled is compiled anew for another
        self._forwards = {layer: MethodType(compute, layer) for layer in layers}
        self._tell = tell
        self._told: set[str] = set()

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Check what is computed within; the model is left as it came."""
        free = [layer for layer in self._forwards if "forward" not in vars(layer)]
        for layer in free:
            vars(layer)["forward"] = self._forwards[layer]
        try:
            yield
        finally:
            for layer in free:
                del vars(layer)["forward"]

    def _compute(self, layer: nn.Module, inputs: Tensor) -> Tensor:
        """Return what the layer returns, as a rule computed in bfloat16."""
        compute: Callable[[nn.Module, Tensor], Tensor] = type(layer).forward
        casts = torch.is_autocast_enabled("cpu") and not torch.compiler.is_compiling()
        if not casts or _trusted(layer, inputs):
            return compute(layer, inputs)
        line = f"bfloat16 is wrong on this processor for {_in_words(layer, inputs)}"
        if line not in self._told:
            self._told.add(line)
            self._tell(f"{line}: computed in float32")
        with torch.autocast("cpu", enabled=False):
            return compute(layer, inputs.float()).bfloat16()


def _trusted(layer: Any, inputs: Tensor) -> bool:
    """Return the verdict on a call, found now if it is the first of its kind."""
    learned = (inputs, layer.weight, layer.bias)
    call = (
        repr(layer),
        (inputs.dtype, inputs.shape, inputs.stride(), layer.weight.stride()),
        torch.is_grad_enabled(),
        tuple(each is not None and each.requires_grad for each in learned),
        torch.get_num_threads(),
    )
    if call not in verdicts:
        verdicts[call] = is_right(layer, inputs)
    return verdicts[call]


def is_right(layer: nn.Module, inputs: Tensor) -> bool:
    """Return whether a layer computes such inputs in bfloat16 as it does in float32.

    Its output and the gradients that a step needs are compared, number by number; the gradients a
    second time, of the opposite sign.

    Args:
        layer: Its settings and the memory format of its weights count, its weights do not.
        inputs: Their shape, type, memory format and need of a gradient count, their numbers do not.
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
    """Return a layer of the same settings with weights of its own, to which no hooks listen."""
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
    with torch.autocast("cpu", enabled=False):  # as a step does, whose loss goes back outside of it
        return torch.autograd.grad(output, learned, gradient, retain_graph=True)


def _leave_dirt(like: Sequence[Tensor]) -> None:
    """Leave NaN in the memory that tensors of these sizes get next, in bfloat16 or float32."""
    sizes = [each.numel() * number for each in like for number in (1, 2)]
    dirt = [torch.full((size,), torch.nan, dtype=torch.bfloat16) for size in sizes]
    dirt.clear()  # at once: freed one by one, each would be in the place of the one before


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
