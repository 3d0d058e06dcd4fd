"""Kernels of a processor that are wrong in bfloat16 for some shape."""

from typing import Any, Literal

import pytest
import torch
from torch import Tensor
from torch.nn import functional

Spoiled = Literal["output", "input", "weight", "bias"]
Left = Literal["nan", "zero", "memory"]
LEFT: dict[str, Any] = {"nan": lambda like: torch.full_like(like, torch.nan)}
LEFT |= {"zero": torch.zeros_like, "memory": torch.empty_like}


def half_written(right: Tensor, left: Left) -> Tensor:
    """Return a tensor whose first half, or more, is what was left there."""
    written: Tensor = LEFT[left](right)
    half = (len(right) + 1) // 2
    written[half:] = right[half:]
    return written


class HalfGradient(torch.autograd.Function):
    """The identity, of whose gradient the first half is not written."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, left: Left) -> Tensor:
        ctx.left = left
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return half_written(gradient, ctx.left), None


def spoil(
    monkeypatch: pytest.MonkeyPatch,
    weight_shape: tuple[int, ...],
    maps: tuple[int, int],
    what: Spoiled = "weight",
    left: Left = "nan",
) -> None:
    """Leave half of something unwritten where a convolution computes such maps in bfloat16."""
    right = functional.conv2d

    def conv2d(inputs: Tensor, weight: Tensor, bias: Tensor | None, *rest: Any) -> Tensor:
        cast = torch.is_autocast_enabled("cpu")
        if not cast or weight.shape != weight_shape or inputs.shape[2:] != maps:
            return right(inputs, weight, bias, *rest)
        given: dict[str, Any] = {"input": inputs, "weight": weight, "bias": bias}
        given = {name: each if each is None else each.bfloat16() for name, each in given.items()}
        if what != "output":
            given[what] = HalfGradient.apply(given[what], left)
        output = right(*given.values(), *rest)
        return half_written(output, left) if what == "output" else output

    monkeypatch.setattr(functional, "conv2d", conv2d)


def leave_dirt(sizes: list[int]) -> None:
    """Leave NaN in the memory that tensors of these sizes get next."""
    dirt = [torch.full((size,), torch.nan, dtype=torch.bfloat16) for size in sizes]
    dirt.clear()
