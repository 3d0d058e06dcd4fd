"""What a layer gives for pictures."""

from typing import NamedTuple

from imgcls.batch import Split
from imgcls.evaluation.embedding import Floats, Integers


class Features(NamedTuple):
    """What a layer gives for n pictures of a split.

    Attributes:
        layer: Its name.
        values: Numbers averaged over places, ``(n, D)``.
        places: Of the pictures in their split, ``(n,)``.
        labels: Of the pictures, ``(n,)``.
        split: The split.
        epoch: Of the weights, counted from 1.
    """

    layer: str
    values: Floats
    places: Integers
    labels: Integers
    split: Split
    epoch: int
