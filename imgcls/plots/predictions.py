"""What a model takes pictures for."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.plots.arrays import Floats, Integers, class_numbers, class_probabilities
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.tiles import Tile, as_pictures, tile_grid

RIGHT, WRONG = (TRAIN, "✓"), (VAL, "✗")  # colour and mark


def predictions(
    images: ArrayLike,
    labels: ArrayLike,
    probabilities: ArrayLike,
    classes: Sequence[str],
    title: str = "",
) -> Figure:
    """Return pictures with predicted class, its probability, and true class; the hits counted.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        labels: ``(N,)``, in [0, K).
        probabilities: ``(N, K)``.
        classes: The K class names.
        title: Of what.

    Raises:
        ValueError: There are no pictures, or the arrays do not fit each other.
    """
    pictures, numbers, shares = checked(images, labels, probabilities, classes)
    tiles = [
        prediction_tile(picture, label, row, classes)
        for picture, label, row in zip(pictures, numbers.tolist(), shares, strict=True)
    ]
    hits = int((shares.argmax(1) == numbers).sum())
    counted = f"{hits} of {len(pictures)} right"
    return tile_grid(tiles, f"{title}: {counted}" if title else counted, inches=1.4)


def checked(
    images: ArrayLike, labels: ArrayLike, probabilities: ArrayLike, classes: Sequence[str]
) -> tuple[Floats, Integers, Floats]:
    """Return pictures, labels and probabilities that fit each other.

    Raises:
        ValueError: They do not.
    """
    pictures = as_pictures(images)
    numbers = class_numbers(labels, len(pictures), len(classes))
    shares = class_probabilities(probabilities, len(classes))
    if len(shares) != len(pictures):
        raise ValueError(f"there are {len(shares)} probabilities for {len(pictures)} pictures")
    return pictures, numbers, shares


def prediction_tile(
    picture: Floats, label: int, probabilities: Floats, classes: Sequence[str], more: str = ""
) -> Tile:
    """Return a picture, captioned with both classes and framed as right or wrong."""
    predicted = int(probabilities.argmax())
    colour, mark = RIGHT if predicted == label else WRONG
    caption = f"{mark} {classes[predicted]} {probabilities[predicted]:.0%}\nis {classes[label]}"
    return Tile(picture, f"{caption}\n{more}" if more else caption, colour)
