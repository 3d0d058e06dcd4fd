"""Pictures of a data module, found by name or by place."""

from typing import Any, NamedTuple

import torch

from imgcls.batch import Split
from imgcls.errors import InputError, did_you_mean

SPLITS: tuple[Split, ...] = ("train", "val", "test")


class NamedImage(NamedTuple):
    """A picture of a data set: its name, and its place in one of the splits."""

    name: str
    split: Split
    place: int


def find_images(data: Any, pictures: tuple[int | str, ...], split: Split) -> list[NamedImage]:
    """Return where each picture is.

    Args:
        data: Has ``train_images``, ``val_images`` and ``test_images``.
        pictures: Names, such as ``accordion/image_0001``, or places in a split, from 0.
        split: Which split places count in; names are looked for in all.

    Raises:
        InputError: There is no such picture.
    """
    names: dict[str, NamedImage] = {}
    if any(isinstance(picture, str) for picture in pictures):
        for each in SPLITS:
            images = data.images(each)
            rows = images.rows.tolist() if images.names else []
            found = {images.names[row]: place for place, row in enumerate(rows)}
            names |= {name: NamedImage(name, each, place) for name, place in found.items()}
    return [
        _named(data, names, picture) if isinstance(picture, str) else _placed(data, picture, split)
        for picture in pictures
    ]


def _named(data: Any, names: dict[str, NamedImage], name: str) -> NamedImage:
    if name in names:
        return names[name]
    kind = type(data).__name__
    if not names:
        raise InputError(
            f"{kind} has no picture {name!r}, since its pictures have no names: give places, from 0"
        )
    raise InputError(f"{kind} has no picture {name!r}{did_you_mean(name, names)}")


def _placed(data: Any, place: int, split: Split) -> NamedImage:
    count = len(data.images(split))
    if not 0 <= place < count:
        raise InputError(
            f"{type(data).__name__} has no {split} picture {place}: there are {count}, from 0"
        )
    images = data.images(split)
    row = int(images.rows[torch.tensor(place)])
    return NamedImage(images.names[row] if images.names else f"{split} {place}", split, place)
