"""The validation split, drawn from the official training set."""

import torch
from sklearn.model_selection import train_test_split

from imgcls.data.images import Images
from imgcls.errors import InputError


def stratified_split(images: Images, val_fraction: float, seed: int) -> tuple[Images, Images]:
    """Return the images to train on and those to validate, each class with its fraction.

    Args:
        images: The official training set.
        val_fraction: The fraction that is validated, in [0, 1).
        seed: The same seed draws the same images.

    Raises:
        InputError: There are too few images for every class to be on both sides.
    """
    positions = torch.arange(len(images))
    if val_fraction == 0:
        return images, images.subset(positions[:0])
    labels = images.labels
    try:
        train, val = train_test_split(
            positions, test_size=val_fraction, stratify=labels, random_state=seed
        )
    except ValueError as error:
        raise InputError(
            f"val_fraction {val_fraction} of {len(images)} images in "
            f"{len(set(labels.tolist()))} classes cannot hold every class: {error}"
        ) from error
    return images.subset(train.sort().values), images.subset(val.sort().values)
