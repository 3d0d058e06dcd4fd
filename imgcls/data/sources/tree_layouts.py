"""Folders of images: one folder a class, or the class in the file name."""

import os
import random
from collections.abc import Container, Sequence
from pathlib import Path

from imgcls.batch import Split
from imgcls.data.sources.image_files import SUFFIXES, Resize
from imgcls.data.sources.image_tree import ImageTree, Listing, stem
from imgcls.data.sources.pixel_source import FileStamp
from imgcls.errors import InputError


def visible(folder: Path | str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder by name, without hidden ones and what macOS leaves in zips."""
    with os.scandir(folder) as entries:
        seen = [e for e in entries if not e.name.startswith(".") and e.name != "__MACOSX"]
    return sorted(seen, key=lambda entry: entry.name)


def subfolders(folder: Path) -> list[str]:
    """Return the names of the visible folders in a folder."""
    return [entry.name for entry in visible(folder) if entry.is_dir()]


def image_stamps(folder: Path, prefix: str) -> list[FileStamp]:
    """Return the image files right in ``folder``, their paths from ``prefix`` on."""
    stamps = []
    for entry in visible(folder):
        if entry.name.lower().endswith(SUFFIXES) and entry.is_file():
            status = entry.stat()
            path = f"{prefix}/{entry.name}"
            stamps.append(FileStamp(path, status.st_size, status.st_mtime_ns))
    return stamps


def class_folders(folder: Path, prefix: str) -> Listing:
    """Return the images of each class folder in ``folder``."""
    names = subfolders(folder)
    return {name: image_stamps(folder / name, f"{prefix}{name}") for name in names}


def split_folders(root: Path) -> dict[Split, str] | None:
    """Return the folders of the two splits; a tree with only train and val tests on val."""
    for test in ("test", "val"):
        if (root / "train").is_dir() and (root / test).is_dir():
            return {"train": "train", "test": test}
    return None


def names_splits(root: Path) -> bool:
    """Return whether the class folders of a folder lie in folders of splits, be it one alone."""
    if split_folders(root) is not None:
        return True
    return "train" in subfolders(root) and bool(subfolders(root / "train"))


def folder_tree(root: Path, resize: Resize | None = None, val: bool = False) -> ImageTree | None:
    """Return the tree ``{train,test}/<class>/<image>`` in a folder, if there is one.

    Args:
        root: The folder.
        resize: How images of another size are resized.
        val: Whether a ``val`` next to both is a split too.
    """
    splits = split_folders(root)
    if splits is None or not subfolders(root / "train"):
        return None
    if val and splits["test"] == "test" and (root / "val").is_dir():
        splits["val"] = "val"
    listings = {split: class_folders(root / name, f"{name}/") for split, name in splits.items()}
    return ImageTree("folder tree", root, listings, resize)


def flat_tree(root: Path, resize: Resize | None = None) -> ImageTree | None:
    """Return the tree ``{train,test}/<class>_<number>.<suffix>`` in a folder, if there is one.

    The class ends at the last underscore, since ``pine_tree`` has one of its own.
    """
    splits = split_folders(root)
    if splits is None or not any(
        entry.name.lower().endswith(SUFFIXES) for entry in visible(root / "train")
    ):
        return None
    listings: dict[Split, Listing] = {}
    for split, folder in splits.items():
        listing: dict[str, list[FileStamp]] = {}
        for stamp in image_stamps(root / folder, folder):
            name, underscore, _ = stem(stamp.path).rpartition("_")
            if not underscore:
                raise InputError(
                    f"{root / stamp.path} does not name its class: "
                    "name it <class>_<number>, or move it away"
                )
            listing.setdefault(name, []).append(stamp)
        listings[split] = listing
    return ImageTree("flat tree", root, listings, resize)


def check_two(name: str, stamps: Sequence[FileStamp], root: Path) -> None:
    """Refuse a class of one image, where a test split is to be drawn from it.

    Raises:
        InputError: The class has a single image, which cannot be in both splits.
    """
    if len(stamps) == 1:
        raise InputError(
            f"class {name!r} in {root} has one image, and both splits need one: add more"
        )


def unsplit_tree(
    root: Path,
    test_fraction: float,
    seed: int,
    resize: Resize,
    always_in_train: Container[str] = (),
    left_out: Container[str] = (),
) -> ImageTree | None:
    """Return the tree ``<class>/<image>``, a seeded fraction of each class as its test split.

    Args:
        root: Folder of the class folders.
        test_fraction: Fraction of each class, at least one image.
        seed: Of the choice.
        resize: How images of another size are resized.
        always_in_train: ``<class>/<file stem>`` of images that are not chosen.
        left_out: Folders that are no classes.

    Raises:
        InputError: A class has a single image, which cannot be in both splits.
    """
    if names_splits(root):
        return None
    train: dict[str, Sequence[FileStamp]] = {}
    test: dict[str, Sequence[FileStamp]] = {}
    for name, stamps in class_folders(root, "").items():
        if name in left_out:
            continue
        check_two(name, stamps, root)
        free = [
            row
            for row, stamp in enumerate(stamps)
            if f"{name}/{stem(stamp.path)}" not in always_in_train
        ]
        count = min(len(free), max(1, round(len(stamps) * test_fraction)))
        chosen = set(random.Random(f"{seed} {name}").sample(free, count))
        train[name] = [stamp for row, stamp in enumerate(stamps) if row not in chosen]
        test[name] = [stamp for row, stamp in enumerate(stamps) if row in chosen]
    listings: dict[Split, Listing] = {"train": train, "test": test}
    return ImageTree("folder tree without splits", root, listings, resize) if train else None
