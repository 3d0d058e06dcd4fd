"""The most probable classes of a prediction."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def most_probable(logits: "Tensor", count: int = 1) -> "Tensor":
    """Return the most probable classes ``(N, count)``, in order; of equal ones the first.

    Sixteen-bit logits are often equal, and ``topk`` may return any of them.

    Args:
        logits: ``(N, K)``, or probabilities.
        count: Number of classes; all K if there are fewer.
    """
    return logits.sort(dim=1, descending=True, stable=True).indices[:, :count]
