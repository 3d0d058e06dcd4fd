"""Image files with their classes, wherever the classes were read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.batch import Split
from imgcls.data.sources.image_files import Resize, read_images
from imgcls.data.sources.pixel_source import Decoded, FileStamp, decoded
from imgcls.data.spelling import plain
from imgcls.errors import listed

Listing = Mapping[str, Sequence[FileStamp]]


@dataclass(frozen=True)
class ImageTree:
    """Image files sorted by class and name.

    Attributes:
        kind: "folder tree" or "flat tree".
        folder: Its root.
        listings: For each split the files of each class as spelt there, also of empty ones.
        resize: How images of another size are resized; by default they are errors.
    """

    kind: str
    folder: Path
    listings: Mapping[Split, Listing]
    resize: Resize | None = None

    def files(self, split: Split) -> list[FileStamp]:
        """Return the files of a split, and its class folders, which may be empty."""
        return [
            stamp
            for name, stamps in self.listings[split].items()
            for stamp in (FileStamp(name, 0, 0), *stamps)
        ]

    def problems(self, split: Split, classes: Sequence[str], needed: Sequence[str]) -> list[str]:
        """Return needed classes that are missing, and extra and empty ones."""
        listing = self.listings[split]
        numbers = class_numbers(listing, classes)
        there = {classes[number] for number in numbers.values()}
        missing = [name for name in needed if name not in there]
        extra = [name for name in listing if name not in numbers]
        found = []
        if missing or extra:
            sides = [f"missing: {listed(missing)}"] if missing else []
            sides += [f"extra: {listed(extra)}"] if extra else []
            found.append(
                f"the {split} classes in {self.folder} are not the {len(needed)} expected "
                f"({'; '.join(sides)}): rename or complete them"
            )
        found += [
            f"class {name!r} has no images in the {split} split of {self.folder}: "
            "add some, or remove the class"
            for name, stamps in listing.items()
            if not stamps
        ]
        return found

    def rows(self, split: Split, classes: Sequence[str]) -> list[tuple[str, FileStamp]]:
        """Return the files of the known classes as they are decoded, each with its class folder."""
        listing = self.listings[split]
        return [
            (name, stamp) for name in class_numbers(listing, classes) for stamp in listing[name]
        ]

    def read(
        self, split: Split, classes: Sequence[str], image_shape: tuple[int, int, int]
    ) -> Decoded:
        """Decode the images of the known classes."""
        numbers = class_numbers(self.listings[split], classes)
        rows = [(name, stamp.path) for name, stamp in self.rows(split, classes)]
        pixels, whole, broken = read_images(
            [self.folder / path for _, path in rows],
            image_shape,
            self.resize,
            f"decoding {self.folder.name} {split}",
        )
        labels = np.array([numbers[name] for name, _ in rows], np.int64)
        names = [
            f"{name}/{stem(path)}"
            for (name, path), is_whole in zip(rows, whole, strict=True)
            if is_whole
        ]
        return decoded(pixels, labels[whole], names, tuple(broken))


def class_numbers(spelt: Sequence[str] | Listing, classes: Sequence[str]) -> dict[str, int]:
    """Return the label of each class as spelt in a tree; a folder cannot be named T-shirt/top."""
    numbers = {plain(name): number for number, name in enumerate(classes)}
    numbers |= {name: number for number, name in enumerate(classes)}
    known = {name: numbers.get(name, numbers.get(plain(name))) for name in spelt}
    return {name: number for name, number in known.items() if number is not None}


def stem(path: str) -> str:
    """Return the file name without its suffix; pathlib takes 0.3 s for 60,000 of them."""
    return path.rpartition("/")[2].rpartition(".")[0]
