"""Folders of pictures: one folder a class, or the class in the file name."""

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgcls.data.picture_files import SUFFIXES, read_pictures
from imgcls.data.pixel_source import Decoded, FileStamp, Split, decoded
from imgcls.data.spelling import listed, plain
from imgcls.errors import InputError

Listing = Mapping[str, Sequence[FileStamp]]


@dataclass(frozen=True)
class PictureTree:
    """Picture files sorted by class and name.

    Attributes:
        kind: "folder tree" or "flat tree".
        folder: Its root.
        listings: For each split the files of each class as spelt there, also of empty ones.
        resize: Whether pictures of another size are resized; else they are errors.
    """

    kind: str
    folder: Path
    listings: Mapping[Split, Listing]
    resize: bool = False

    def files(self, split: Split) -> list[FileStamp]:
        """Return the files of a split, and its class folders, which may be empty."""
        return [
            stamp
            for name, stamps in self.listings[split].items()
            for stamp in (FileStamp(name, 0, 0), *stamps)
        ]

    def problems(self, split: Split, classes: Sequence[str]) -> list[str]:
        """Return missing, extra and empty classes."""
        listing = self.listings[split]
        numbers = class_numbers(listing, classes)
        missing = [name for number, name in enumerate(classes) if number not in numbers.values()]
        extra = [name for name in listing if name not in numbers]
        found = []
        if missing or extra:
            sides = [f"missing: {listed(missing)}"] if missing else []
            sides += [f"extra: {listed(extra)}"] if extra else []
            found.append(
                f"the {split} classes in {self.folder} are not the {len(classes)} expected "
                f"({'; '.join(sides)}): rename or complete them"
            )
        found += [
            f"class {name!r} has no pictures in the {split} split of {self.folder}: "
            "add some, or remove the class"
            for name, stamps in listing.items()
            if not stamps
        ]
        return found

    def read(
        self, split: Split, classes: Sequence[str], image_shape: tuple[int, int, int]
    ) -> Decoded:
        """Decode the pictures of the known classes."""
        listing = self.listings[split]
        numbers = class_numbers(listing, classes)
        rows = [(name, stamp.path) for name in numbers for stamp in listing[name]]
        pixels, whole, broken = read_pictures(
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


def visible(folder: Path | str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder by name, without hidden ones and what macOS leaves in zips."""
    with os.scandir(folder) as entries:
        kept = [e for e in entries if not e.name.startswith(".") and e.name != "__MACOSX"]
    return sorted(kept, key=lambda entry: entry.name)


def subfolders(folder: Path) -> list[str]:
    """Return the names of the visible folders in a folder."""
    return [entry.name for entry in visible(folder) if entry.is_dir()]


def pictures(folder: Path, prefix: str) -> list[FileStamp]:
    """Return the picture files right in ``folder``, their paths told from ``prefix``."""
    stamps = []
    for entry in visible(folder):
        if entry.name.lower().endswith(SUFFIXES) and entry.is_file():
            status = entry.stat()
            path = f"{prefix}/{entry.name}"
            stamps.append(FileStamp(path, status.st_size, status.st_mtime_ns))
    return stamps


def class_folders(folder: Path, prefix: str) -> Listing:
    """Return the pictures of each class folder in ``folder``."""
    names = subfolders(folder)
    return {name: pictures(folder / name, f"{prefix}{name}") for name in names}


def split_folders(place: Path) -> dict[Split, str] | None:
    """Return the folders of the two splits; a tree with only train and val tests on val."""
    for test in ("test", "val"):
        if (place / "train").is_dir() and (place / test).is_dir():
            return {"train": "train", "test": test}
    return None


def folder_tree(place: Path, resize: bool = False) -> PictureTree | None:
    """Return the tree ``{train,test}/<class>/<picture>`` in a folder, if there is one."""
    splits = split_folders(place)
    if splits is None or not subfolders(place / "train"):
        return None
    listings = {split: class_folders(place / name, f"{name}/") for split, name in splits.items()}
    return PictureTree("folder tree", place, listings, resize)


def flat_tree(place: Path, resize: bool = False) -> PictureTree | None:
    """Return the tree ``{train,test}/<class>_<number>.<suffix>`` in a folder, if there is one.

    The class ends at the last underscore, since ``pine_tree`` has one of its own.
    """
    splits = split_folders(place)
    if splits is None or not any(
        entry.name.lower().endswith(SUFFIXES) for entry in visible(place / "train")
    ):
        return None
    listings: dict[Split, Listing] = {}
    for split, folder in splits.items():
        listing: dict[str, list[FileStamp]] = {}
        for stamp in pictures(place / folder, folder):
            name, underscore, _ = stem(stamp.path).rpartition("_")
            if not underscore:
                raise InputError(
                    f"{place / stamp.path} does not tell its class: "
                    "name it <class>_<number>, or move it away"
                )
            listing.setdefault(name, []).append(stamp)
        listings[split] = listing
    return PictureTree("flat tree", place, listings, resize)


def unsplit_tree(place: Path, test_fraction: float, seed: int) -> PictureTree | None:
    """Return the tree ``<class>/<picture>``, a seeded share of each class as its test split.

    Raises:
        InputError: A class has a single picture, which cannot be in both splits.
    """
    train: dict[str, Sequence[FileStamp]] = {}
    test: dict[str, Sequence[FileStamp]] = {}
    for name, stamps in class_folders(place, "").items():
        if len(stamps) == 1:
            raise InputError(
                f"class {name!r} in {place} has one picture, and both splits need one: add more"
            )
        count = min(len(stamps), max(1, round(len(stamps) * test_fraction)))
        chosen = set(random.Random(f"{seed} {name}").sample(range(len(stamps)), count))
        train[name] = [stamp for row, stamp in enumerate(stamps) if row not in chosen]
        test[name] = [stamp for row, stamp in enumerate(stamps) if row in chosen]
    listings: dict[Split, Listing] = {"train": train, "test": test}
    return PictureTree("folder tree without splits", place, listings, True) if train else None
