"""Losses written from their formulas, and penalties on weights.

Each is a function of tensors and a small module around it that a config can name. They compute in
float32 or better, also under mixed precision.
"""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from imgcls.errors import InputError


def log_softmax(logits: Tensor) -> Tensor:
    """Return the logarithm of the softmax over the last dimension; exact even if exp overflows.

    The largest logit is subtracted first, which changes no result and makes all exponents at most
    0.
    """
    shifted = logits - logits.amax(-1, keepdim=True).detach()
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


def soft_targets(targets: Tensor, logits: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return targets as distributions ``(N, K)`` of the logits' type.

    Each gives ``smoothing`` of its mass to all K classes evenly: Szegedy et al., "Rethinking the
    Inception architecture for computer vision", 2016, section 7.

    Args:
        targets: Labels ``(N,)`` int64, or distributions ``(N, K)``.
        logits: ``(N, K)`` floating point.
        smoothing: In [0, 1).
    """
    if targets.dim() == 1:
        soft = torch.zeros_like(logits).scatter_(1, targets[:, None], 1.0)
    else:
        soft = targets.to(logits.dtype)
    return soft if smoothing == 0 else soft * (1 - smoothing) + smoothing / logits.shape[1]


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    smoothing: float = 0.0,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Return the mean cross-entropy ``-sum_k t_k log p_k`` in nats.

    With class weights it is the mean of the weighted terms: for labels divided by the sum of the
    weights of the labels that occur, for distributions by N, as `torch.nn.CrossEntropyLoss` does.

    Args:
        logits: ``(N, K)``, before softmax.
        targets: Labels ``(N,)`` int64, or distributions ``(N, K)``.
        smoothing: See `soft_targets`.
        class_weights: ``(K,)``, at least 0.
    """
    logits = logits if logits.dtype == torch.float64 else logits.float()
    terms = -log_softmax(logits) * soft_targets(targets, logits, smoothing)
    if class_weights is None:
        return terms.sum(1).mean()
    weights = class_weights.to(logits)
    total = weights[targets].sum() if targets.dim() == 1 else len(logits)
    return (terms * weights).sum() / total


def focal_loss(logits: Tensor, targets: Tensor, gamma: float = 2.0) -> Tensor:
    """Return the mean of ``-sum_k t_k (1 - p_k)^gamma log p_k``: easy images count less.

    Lin et al., "Focal loss for dense object detection", 2017, for K classes.

    Args:
        logits: ``(N, K)``, before softmax.
        targets: Labels ``(N,)`` int64, or distributions ``(N, K)``.
        gamma: Exponent of the weight; 0 is cross-entropy.
    """
    logits = logits if logits.dtype == torch.float64 else logits.float()
    log_p = log_softmax(logits)
    # 1 - p below the smallest normal number would give its power an infinite gradient
    other = (1 - log_p.exp()).clamp_min(torch.finfo(log_p.dtype).tiny)
    return -(soft_targets(targets, logits) * other.pow(gamma) * log_p).sum(1).mean()


class CrossEntropy(nn.Module):
    """Cross-entropy from the formula, of labels or distributions; see `cross_entropy`.

    Args:
        smoothing: Fraction of each target spread over all classes, in [0, 1).
        class_weights: One weight per class, at least 0; default equal weights.
    """

    class_weights: Tensor | None

    def __init__(
        self, smoothing: float = 0.0, class_weights: tuple[float, ...] | None = None
    ) -> None:
        super().__init__()
        if not 0 <= smoothing < 1:
            raise InputError(f"smoothing is {smoothing}: it is a fraction, at least 0 and below 1")
        if class_weights and min(class_weights) < 0:
            raise InputError(f"class_weights has {min(class_weights)}: weights are at least 0")
        self.smoothing = smoothing
        weights = torch.tensor(class_weights) if class_weights else None
        self.register_buffer("class_weights", weights, persistent=False)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of logits ``(N, K)`` and labels ``(N,)`` or distributions ``(N, K)``."""
        weights = self.class_weights
        if weights is not None and len(weights) != logits.shape[1]:
            raise InputError(
                f"class_weights has {len(weights)} numbers for {logits.shape[1]} classes: "
                "give one per class"
            )
        return cross_entropy(logits, targets, self.smoothing, weights)


class Focal(nn.Module):
    """Focal loss; see `focal_loss`.

    Args:
        gamma: Exponent that reduces the weight of easy images, at least 0; the paper has 2.
    """

    def __init__(self, gamma: float = 2.0) -> None:
        super().__init__()
        if gamma < 0:
            raise InputError(f"gamma is {gamma}: it must be at least 0")
        self.gamma = gamma

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of logits ``(N, K)`` and labels ``(N,)`` or distributions ``(N, K)``."""
        return focal_loss(logits, targets, self.gamma)


class Penalty:
    """A penalty on large weights, added to the training loss.

    Args:
        norm: ``l1`` costs ``sum |w|`` and drives weights to zero; ``l2`` costs ``sum w^2 / 2``,
            whose gradient is that of weight decay in plain SGD.
        strength: Factor, at least 0.
    """

    def __init__(self, norm: Literal["l1", "l2"], strength: float) -> None:
        if strength < 0:
            raise InputError(f"strength is {strength}: a penalty is at least 0")
        self.norm = norm
        self.strength = strength

    def __call__(self, weights: Iterable[Tensor]) -> Tensor:
        """Return the penalty of all weights together."""
        cost = l1_norm if self.norm == "l1" else half_squares
        return self.strength * torch.stack([cost(weight) for weight in weights]).sum()


def l1_norm(weight: Tensor) -> Tensor:
    """Return the sum of absolute values."""
    return weight.abs().sum()


def half_squares(weight: Tensor) -> Tensor:
    """Return half the sum of squares."""
    return weight.square().sum() / 2


def are_probabilities(outputs: Tensor) -> bool:
    """Return whether every row of ``(N, K)`` is a distribution, so softmax was already applied."""
    outputs = outputs.detach().float()
    sums = outputs.sum(1)
    return bool((outputs >= 0).all()) and bool((sums - 1).abs().max() < 1e-2)
