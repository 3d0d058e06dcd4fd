"""Numbers that can be drawn."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcls.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def finite(values: ArrayLike, name: str, dimensions: int) -> Floats:
    """Return values as an array that is not empty and without NaN.

    Raises:
        InputError: There are none, they have another number of dimensions, or some are not finite.
    """
    array = np.asarray(values)
    if not array.size:
        raise InputError(f"there are no {name} to draw: give at least one")
    if array.ndim != dimensions:
        raise InputError(f"{name} have {array.ndim} dimensions, {array.shape}: give {dimensions}")
    floats = array.astype(np.float64)
    if not np.isfinite(floats).all():
        number = np.count_nonzero(~np.isfinite(floats))
        raise InputError(f"{number} of {floats.size} numbers of the {name} are NaN or infinite")
    return floats


def check_accuracies(accuracies: Iterable[float | None]) -> None:
    """Check that all accuracies that are not None are finite.

    Raises:
        InputError: One is not finite.
    """
    if known := [accuracy for accuracy in accuracies if accuracy is not None]:
        finite(known, "accuracies", 1)


def class_numbers(labels: ArrayLike, count: int, num_classes: int) -> Integers:
    """Return ``count`` labels, each in [0, num_classes).

    Raises:
        InputError: There are more or fewer, or one names no class.
    """
    numbers = finite(labels, "labels", 1).astype(np.int64)
    if len(numbers) != count:
        raise InputError(f"there are {len(numbers)} labels for {count} images or points")
    if numbers.min() < 0 or numbers.max() >= num_classes:
        raise InputError(
            f"labels range from {numbers.min()} to {numbers.max()}, but there are {num_classes} "
            "classes, counted from 0"
        )
    return numbers


def class_probabilities(probabilities: ArrayLike, num_classes: int) -> Floats:
    """Return probabilities ``(N, K)``, each row a distribution.

    Raises:
        InputError: There are none, the number of classes differs, some are not finite, or they are
            logits.
    """
    array = finite(probabilities, "probabilities", 2)
    if array.shape[1] != num_classes:
        raise InputError(f"probabilities have {array.shape[1]} columns for {num_classes} classes")
    if array.min() < 0 or np.abs(array.sum(1) - 1).max() > 0.01:
        raise InputError("rows of the probabilities do not sum to one: take the softmax")
    return array
