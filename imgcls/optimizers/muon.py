"""Muon, for convolutions too: `torch.optim.Muon` takes matrices alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.sgd import sgd

from imgcls.errors import InputError

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of Jordan's quintic
SMALLEST = 1e-7  # norm, below which a matrix is not stretched to norm 1


def orthogonalised(matrices: Tensor, steps: int) -> Tensor:
    """Return matrices ``(B, M, N)`` with the same singular vectors and singular values near 1.

    Newton-Schulz iteration in products alone: Jordan et al., "Muon: An optimizer for hidden layers
    in neural networks", 2024. On a GPU it is computed in bfloat16, which its result is as good for.

    Args:
        matrices: Any, also ones of zeros, which stay zeros.
        steps: At least 1; 3 bring singular values from 0.1 of the largest on near 1, 5 from 0.01.
    """
    first, third, fifth = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    values = matrices.mT if tall else matrices
    norms = values.norm(dim=(1, 2), keepdim=True).clamp_min(SMALLEST)
    values = (values / norms).to(torch.bfloat16 if matrices.is_cuda else torch.float32)
    for _ in range(steps):
        squared = values @ values.mT
        squared = torch.baddbmm(squared, squared, squared, beta=third, alpha=fifth)
        values = torch.baddbmm(values, squared, values, beta=first)
    return (values.mT if tall else values).to(matrices.dtype)


class Muon(Optimizer):
    """Orthogonal steps for convolutions, SGD with Nesterov's momentum for all else.

    The gradient of a convolution, with momentum, is made orthogonal as a matrix
    ``(out, in * height * width)``, so that all directions are learned at one rate. Its weights are
    kept at the norm ``sqrt(out)``, so the learning rate is also the relative change of a step;
    for that, a norm has to follow each convolution. As in Jordan's airbench for CIFAR-10,
    github.com/KellerJordan/cifar10-airbench, 2024. Convolutions of one shape are computed together.

    `torch.optim.Muon` takes matrices alone.

    Args:
        params: Parameters, or groups of them. Weights of four dimensions are convolutions.
        lr: Learning rate of convolutions; above 0. Factors on it, such as ``bias_rate``, hold for
            ``sgd_lr`` too.
        momentum: Of convolutions, in [0, 1).
        steps: Of the iteration that makes gradients orthogonal; at least 1.
        sgd_lr: Learning rate of all other parameters; above 0.
        sgd_momentum: Of all other parameters, in (0, 1).
        weight_decay: Of all other parameters, at least 0, as in `torch.optim.SGD`; convolutions,
            whose norm is fixed, have none.

    Raises:
        InputError: A number is out of its range.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
        lr: float = 0.1,
        momentum: float = 0.6,
        steps: int = 3,
        sgd_lr: float = 1.0,
        sgd_momentum: float = 0.85,
        weight_decay: float = 0.0,
    ) -> None:
        if not (lr > 0 and sgd_lr > 0 and 0 <= momentum < 1 and 0 < sgd_momentum < 1):
            raise InputError(
                f"Muon's lr is {lr}, momentum {momentum}, sgd_lr {sgd_lr} and sgd_momentum "
                f"{sgd_momentum}: rates are above 0, momentum is below 1"
            )
        if steps < 1 or weight_decay < 0:
            raise InputError(
                f"Muon's steps are {steps} and its weight_decay {weight_decay}: give at least 1 "
                "and at least 0"
            )
        self._sgd_ratio = sgd_lr / lr
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "steps": steps,
            "sgd_momentum": sgd_momentum,
            "weight_decay": weight_decay,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group's convolutions and all else as two groups, each with its own rate."""
        weights = list(param_group["params"])
        rate = param_group.get("lr", self.defaults["lr"])
        for is_convolution in (False, True):
            params = [each for each in weights if (each.dim() == 4) == is_convolution]
            if params:
                lr = rate if is_convolution else rate * self._sgd_ratio
                group = {**param_group, "params": params, "lr": lr, "orthogonal": is_convolution}
                super().add_param_group(group)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take one step, and return what ``closure``, which computes the gradients, returns."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            learned = [each for each in group["params"] if each.grad is not None]
            if group["orthogonal"]:
                self._orthogonal_step(learned, group)
            elif learned:
                self._sgd_step(learned, group)
        return loss

    def _orthogonal_step(self, learned: list[nn.Parameter], group: dict[str, Any]) -> None:
        alike: dict[tuple[int, int], list[nn.Parameter]] = defaultdict(list)
        for weight in learned:
            alike[len(weight), weight[0].numel()].append(weight)
        for weights in alike.values():
            gradients = torch.stack([self._nesterov(each, group["momentum"]) for each in weights])
            for weight, update in zip(
                weights, orthogonalised(gradients, group["steps"]), strict=True
            ):
                weight.mul_(len(weight) ** 0.5 / weight.norm().clamp_min(SMALLEST))
                weight.add_(update.view(weight.shape), alpha=-group["lr"])

    def _nesterov(self, weight: nn.Parameter, momentum: float) -> Tensor:
        """Return the gradient with momentum as a matrix ``(out, in * height * width)``."""
        state, gradient = self.state[weight], weight.grad
        assert gradient is not None
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        buffer: Tensor = state["momentum_buffer"].mul_(momentum).add_(gradient)
        return torch.add(gradient, buffer, alpha=momentum).flatten(1)

    def _sgd_step(self, learned: list[nn.Parameter], group: dict[str, Any]) -> None:
        buffers = [self.state[each].get("momentum_buffer") for each in learned]
        sgd(
            list(learned),
            [each.grad for each in learned if each.grad is not None],
            buffers,
            weight_decay=group["weight_decay"],
            momentum=group["sgd_momentum"],
            lr=group["lr"],
            dampening=0.0,
            nesterov=True,
            maximize=False,
        )
        for weight, buffer in zip(learned, buffers, strict=True):
            self.state[weight]["momentum_buffer"] = buffer
