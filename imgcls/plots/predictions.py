"""Images with the predictions of a model."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from imgcls.errors import InputError
from imgcls.plots.arrays import Floats, class_numbers, class_probabilities
from imgcls.plots.curves import TRAIN, VAL
from imgcls.plots.tiles import Tile, as_rgb, tile_grid

CORRECT, WRONG = (TRAIN, "✓"), (VAL, "✗")  # colour and mark


def predictions(
    images: ArrayLike,
    labels: ArrayLike | None,
    probabilities: ArrayLike,
    classes: Sequence[str],
    title: str = "",
) -> Figure:
    """Return images with predicted class, its probability and true class; correct ones are counted.

    Args:
        images: ``(N, C, H, W)``, uint8 or in [0, 1], grey or RGB.
        labels: ``(N,)``, in [0, K); None if the true classes are unknown.
        probabilities: ``(N, K)``.
        classes: The K class names.
        title: Title of the figure.

    Raises:
        InputError: There are no images, or the arrays do not match each other.
    """
    pixels = as_rgb(images)
    count = len(pixels)
    known = [None] * count if labels is None else class_numbers(labels, count, len(classes))
    checked = checked_probabilities(probabilities, count, classes)
    tiles = [
        prediction_tile(image, label, row, classes)
        for image, label, row in zip(pixels, known, checked, strict=True)
    ]
    if labels is None:
        return tile_grid(tiles, title or f"{count} image{'s' * (count > 1)}", inches=1.4)
    counted = f"{int((checked.argmax(1) == known).sum())} of {count} correct"
    return tile_grid(tiles, f"{title}: {counted}" if title else counted, inches=1.4)


def checked_probabilities(probabilities: ArrayLike, count: int, classes: Sequence[str]) -> Floats:
    """Return the probabilities ``(N, K)`` of ``count`` images.

    Raises:
        InputError: The number of rows differs, or a row is no distribution over the classes.
    """
    checked = class_probabilities(probabilities, len(classes))
    if len(checked) != count:
        raise InputError(f"there are probabilities of {len(checked)} images for {count} images")
    return checked


def prediction_tile(
    image: Floats,
    label: int | None,
    probabilities: Floats,
    classes: Sequence[str],
    more: str = "",
) -> Tile:
    """Return an image with its predicted class; with a label, also framed as correct or wrong."""
    predicted = int(probabilities.argmax())
    caption = f"{classes[predicted]} {probabilities[predicted]:.0%}"
    if label is None:
        return Tile(image, caption)
    colour, mark = CORRECT if predicted == label else WRONG
    caption = f"{mark} {caption}\nis {classes[label]}"
    return Tile(image, f"{caption}\n{more}" if more else caption, colour)
