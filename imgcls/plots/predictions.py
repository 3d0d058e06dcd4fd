"""What a model takes pictures for."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.errors import InputError
from imgcls.plots.arrays import Floats, class_numbers, class_probabilities
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.tiles import Tile, as_pictures, tile_grid

RIGHT, WRONG = (TRAIN, "✓"), (VAL, "✗")  # colour and mark


def predictions(
    images: ArrayLike,
    labels: ArrayLike | None,
    probabilities: ArrayLike,
    classes: Sequence[str],
    title: str = "",
) -> Figure:
    """Return pictures with predicted class, its probability, and true class; the hits counted.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        labels: ``(N,)``, in [0, K); None where the true classes are not known.
        probabilities: ``(N, K)``.
        classes: The K class names.
        title: Of what.

    Raises:
        InputError: There are no pictures, or the arrays do not fit each other.
    """
    pictures = as_pictures(images)
    count = len(pictures)
    known = [None] * count if labels is None else class_numbers(labels, count, len(classes))
    shares = of_pictures(probabilities, count, classes)
    tiles = [
        prediction_tile(picture, label, row, classes)
        for picture, label, row in zip(pictures, known, shares, strict=True)
    ]
    if labels is None:
        return tile_grid(tiles, title or f"{count} picture{'s' * (count > 1)}", inches=1.4)
    counted = f"{int((shares.argmax(1) == known).sum())} of {count} right"
    return tile_grid(tiles, f"{title}: {counted}" if title else counted, inches=1.4)


def of_pictures(probabilities: ArrayLike, count: int, classes: Sequence[str]) -> Floats:
    """Return probabilities ``(N, K)`` of so many pictures.

    Raises:
        InputError: They are of more or fewer pictures, or no distributions over the classes.
    """
    shares = class_probabilities(probabilities, len(classes))
    if len(shares) != count:
        raise InputError(f"there are {len(shares)} probabilities for {count} pictures")
    return shares


def prediction_tile(
    picture: Floats,
    label: int | None,
    probabilities: Floats,
    classes: Sequence[str],
    more: str = "",
) -> Tile:
    """Return a picture, captioned with its class; with a label, framed as right or wrong too."""
    predicted = int(probabilities.argmax())
    answer = f"{classes[predicted]} {probabilities[predicted]:.0%}"
    if label is None:
        return Tile(picture, answer)
    colour, mark = RIGHT if predicted == label else WRONG
    caption = f"{mark} {answer}\nis {classes[label]}"
    return Tile(picture, f"{caption}\n{more}" if more else caption, colour)
