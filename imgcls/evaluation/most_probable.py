"""The order of classes by how probable a net holds them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def most_probable(logits: "Tensor", count: int = 1) -> "Tensor":
    """Return the most probable classes ``(N, count)``, best first; of equal ones the earliest.

    Sixteen-bit logits are often equal, and ``topk`` may return any of them.

    Args:
        logits: ``(N, K)``, or probabilities.
        count: Of classes; all K where there are fewer.
    """
    return logits.sort(dim=1, descending=True, stable=True).indices[:, :count]
