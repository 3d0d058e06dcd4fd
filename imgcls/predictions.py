"""The classes of pictures without labels."""

import csv
from collections.abc import Sequence
from typing import TextIO

from torch import Tensor

from imgcls.data.images import Images


def write_predictions(file: TextIO, images: Images, logits: Tensor, classes: Sequence[str]) -> None:
    """Write CSV: for each picture its five most probable classes, or all of fewer, best first.

    Args:
        file: Where to.
        images: N named pictures.
        logits: ``(N, K)``.
        classes: The K class names.
    """
    probabilities, order = logits.softmax(1).topk(min(5, len(classes)))
    ranks = range(1, order.shape[1] + 1)
    columns = [f"{what}_{rank}" for rank in ranks for what in ("class", "probability")]
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["picture", *columns])
    for name, shares, places in zip(images.names or [], probabilities, order, strict=True):
        pairs = zip(places.tolist(), shares.tolist(), strict=True)
        table.writerow([name, *(c for place, p in pairs for c in (classes[place], f"{p:.4f}"))])
