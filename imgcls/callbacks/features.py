"""The features of a layer."""

from typing import NamedTuple

from imgcls.batch import Split
from imgcls.evaluation.embedding import Floats, Integers


class Features(NamedTuple):
    """Features of a layer for n images of a split.

    Attributes:
        layer: Name of the layer.
        values: Features averaged over positions in the maps, ``(n, D)``.
        positions: Indices of the images in their split, ``(n,)``.
        labels: Labels of the images, ``(n,)``.
        split: The split.
        epoch: Epoch of the weights, counted from 1.
    """

    layer: str
    values: Floats
    positions: Integers
    labels: Integers
    split: Split
    epoch: int
