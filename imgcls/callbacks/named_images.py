"""Images of a data module, found by name or by index."""

from typing import Any, NamedTuple

import torch

from imgcls.batch import Split
from imgcls.errors import InputError, did_you_mean

SPLITS: tuple[Split, ...] = ("train", "val", "test")


class NamedImage(NamedTuple):
    """An image of a data set: its name, and its index in one of the splits."""

    name: str
    split: Split
    position: int


def find_images(data: Any, wanted: tuple[int | str, ...], split: Split) -> list[NamedImage]:
    """Return the split and index of each image.

    Args:
        data: Has ``train_images``, ``val_images`` and ``test_images``.
        wanted: Names, such as ``accordion/image_0001``, or indices in ``split``, from 0.
        split: The split that indices refer to; names are searched in all splits.

    Raises:
        InputError: There is no such image.
    """
    names: dict[str, NamedImage] = {}
    if any(isinstance(name, str) for name in wanted):
        for each in SPLITS:
            images = data.images(each)
            rows = images.rows.tolist() if images.names else []
            found = {images.names[row]: index for index, row in enumerate(rows)}
            names |= {name: NamedImage(name, each, index) for name, index in found.items()}
    return [
        _named(data, names, each) if isinstance(each, str) else _indexed(data, each, split)
        for each in wanted
    ]


def _named(data: Any, names: dict[str, NamedImage], name: str) -> NamedImage:
    if name in names:
        return names[name]
    kind = type(data).__name__
    if not names:
        raise InputError(
            f"{kind} has no image {name!r}, since its images have no names: give indices, from 0"
        )
    raise InputError(f"{kind} has no image {name!r}{did_you_mean(name, names)}")


def _indexed(data: Any, index: int, split: Split) -> NamedImage:
    count = len(data.images(split))
    if not 0 <= index < count:
        raise InputError(
            f"{type(data).__name__} has no {split} image {index}: there are {count}, from 0"
        )
    images = data.images(split)
    row = int(images.rows[torch.tensor(index)])
    return NamedImage(images.names[row] if images.names else f"{split} {index}", split, index)
