"""Anybody's own images."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from imgcls.batch import Split
from imgcls.data.image_data import ImageDataModule
from imgcls.data.images import Images
from imgcls.data.missing_classes import without_images
from imgcls.data.sources.find import DatasetFiles, load_split, read_split
from imgcls.data.sources.image_files import rgb_square
from imgcls.data.sources.image_tree import ImageTree, class_numbers
from imgcls.data.sources.own_tree import (
    NOTHING,
    Draw,
    Files,
    hashes_of,
    known_splits,
    listed_tree,
    val_paths,
    with_test,
)
from imgcls.data.sources.pixel_source import Decoded
from imgcls.errors import InputError


class ImageFolder(ImageDataModule):
    """Images of any size in folders named for their classes, made RGB squares of one size.

    The folder holds ``{train,val,test}/<class>/*``, which are used as they are, or
    ``{train,test}/<class>/*``, or ``{train,val}/<class>/*``, whose ``val`` is then the test split,
    or ``<class>/*``. Splits that it does not have are drawn: of each class the files with the
    lowest hashes of seed and content are tested, and of the others those with the highest are
    validated, so that copies of an image are never in two of the splits drawn, and one more file
    hardly moves others. Every class of three images or more is validated. The mean and standard
    deviation are those of the training split with its validation images.

    Args:
        root: The folder itself.
        image_size: Rows and columns; the shorter side is scaled to it, and the centre cropped.
        test_fraction: Share of each class that becomes the test split where the folder has no
            splits, in (0, 1), at least one image; ``split_seed`` draws it.
        classes: Some of the folders, see `ImageDataModule`; the mean and standard deviation stay
            those of all of them.
        remembered: Set by the command: what a checkpoint has of the data (`state_dict`). The
            folder is then read only where images are asked for.
        **loading: See `ImageDataModule`.

    Attributes:
        takes_all_classes: Whether it is not limited to some of the folders.

    Raises:
        InputError: The folder is not there, has no class folders, or a number is out of range.
    """

    files = DatasetFiles(name="ImageFolder", resize="crop")
    root_is_searched = False

    def __init__(
        self,
        root: Path,
        image_size: int = 64,
        test_fraction: float = 0.1,
        classes: tuple[str, ...] | None = None,
        remembered: dict[str, Any] | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(root, **loading)
        if not 0 < test_fraction < 1:
            raise InputError(f"test_fraction is {test_fraction}: it must be between 0 and 1")
        self.test_fraction = test_fraction
        self.image_shape = rgb_square(image_size)
        self._known = NOTHING
        if remembered is None:
            self.classes = self.official_classes
            if classes is not None:
                self.choose_classes(classes)
        else:
            self.classes = classes or tuple(remembered["classes"])
            self.load_state_dict(remembered)
        self.takes_all_classes = classes is None

    def follow(self, files: Mapping[Split, Files]) -> None:
        """Draw the splits as a run has drawn them; only its new files are drawn by the rule.

        Args:
            files: Content hash of each file of the run, by split and path.
        """
        self._known = known_splits(files)

    @property
    def official_classes(self) -> Sequence[str]:
        """All classes of the folder; the labels of `load` follow their order."""
        return self._official

    @cached_property
    def _official(self) -> Sequence[str]:
        return tuple(sorted(self._listed.listings["train"]))

    @cached_property
    def _listed(self) -> ImageTree:
        """The files as they lie in the folder, listed once."""
        if not self.root.is_dir():
            raise InputError(f"there is no folder {self.root}: root must be a folder of images")
        tree = listed_tree(self.root, resize="crop")
        if tree is None:
            raise InputError(
                f"{self.root} holds neither {{train,test}}/<class>/ nor {{train,val}}/<class>/ nor "
                "<class>/: arrange the images as one of them"
            )
        return tree

    @cached_property
    def _hashes(self) -> Files:
        return hashes_of(self._listed)

    def _draw(self, fraction: float) -> Draw:
        return Draw(fraction, self.split_seed, self._hashes, self._known)

    @cached_property
    def source(self) -> ImageTree:
        """The files of the splits, those that the folder does not have drawn."""
        if "test" in self._listed.listings:
            return self._listed
        return with_test(self._listed, self._draw(self.test_fraction))

    @property
    def has_val(self) -> bool:
        """Whether the folder has a validation split of its own."""
        return "val" in self._listed.listings

    @property
    def validates(self) -> bool:
        """Whether there is a validation split."""
        return self.has_val or super().validates

    @property
    def splits_in_words(self) -> str:
        """Which splits the folder has, and which are drawn from it."""
        if self.has_val:
            unused = (
                f"; val_fraction {self.val_fraction:g} is not used" if self.val_fraction else ""
            )
            return f"{self.root} has train, val and test, which are used as they are{unused}"
        drawn = f"{self.val_fraction:.3g} of each class of train is the validation split"
        if "test" not in self._listed.listings:
            return (
                f"{self.root} has no splits: {self.test_fraction:.3g} of each class is the test "
                f"split, and {self.val_fraction:.3g} of the rest the validation split"
            )
        if (self.root / "test").is_dir():
            return f"{self.root} has train and test, no val: {drawn}"
        return f"{self.root} has train and val, no test: val is the TEST split, and {drawn}"

    def load(self, split: Split) -> Images:
        """Return a split as the folder has it or as it was drawn: ``train`` with what is validated.

        Raises:
            InputError: A class is missing and may not be, or a file cannot be read.
        """
        source, official = self.source, self.official_classes
        listing = source.listings[split]
        numbers = class_numbers(listing, official)
        there = {official[number] for name, number in numbers.items() if listing[name]}
        needed = self.classes
        missing = [name for name in needed if name not in there]
        if missing and split != "train" and len(numbers) == len(listing):
            if not self.allow_missing_classes:
                raise InputError(without_images(missing, f"the {split} split of {self.root}"))
            filled = {name: stamps for name, stamps in listing.items() if stamps}
            source = replace(source, listings={split: filled})
            needed = [name for name in needed if name in there]
        return load_split(source, self.files.name, split, official, self.image_shape, needed)

    @cached_property
    def _train_and_val(self) -> tuple[Images, Images]:
        train = self._of_chosen_classes(self.load("train"))
        if self.has_val:
            return train, self._of_chosen_classes(self.load("val"))
        rows = self.source.rows("train", self.official_classes)
        validated = torch.tensor([stamp.path in self._val_paths for _, stamp in rows])[train.rows]
        return train.subset((~validated).nonzero()[:, 0]), train.subset(validated.nonzero()[:, 0])

    @cached_property
    def _val_paths(self) -> set[str]:
        """The files of ``train`` that are validated."""
        if not self.val_fraction:
            return set()
        return val_paths(self.source.listings["train"], self._draw(self.val_fraction))

    def file_hashes(self, split: Split) -> Files:
        """Return the content hash of each file of a split's chosen classes, by path."""
        official = self.official_classes
        drawn = split != "test" and not self.has_val
        listing = self.source.listings["train" if drawn else split]
        numbers = class_numbers(listing, official)
        chosen = [name for name, number in numbers.items() if official[number] in self.classes]
        paths = [stamp.path for name in chosen for stamp in listing[name]]
        if drawn:
            paths = [path for path in paths if (path in self._val_paths) == (split == "val")]
        return {path: self._hashes[path] for path in paths}

    def content_hash(self, split: Split) -> str:
        """Return a hash of a split's files and their classes, whatever their order and names."""
        contents = sorted(f"{class_of(p)} {each}" for p, each in self.file_hashes(split).items())
        return hashlib.blake2b("\n".join(contents).encode(), digest_size=16).hexdigest()

    # A cached property can be set, as the base allows; mypy takes it for read-only.
    @cached_property
    def mean(self) -> Sequence[float]:  # type: ignore[override]
        """Mean of each channel of the training split, in [0, 1]."""
        return self._train.mean

    @cached_property
    def std(self) -> Sequence[float]:  # type: ignore[override]
        """Standard deviation of each channel of the training split, in [0, 1]."""
        return self._train.std

    @cached_property
    def _train(self) -> Decoded:
        return read_split(
            self.source, self.files.name, "train", self.official_classes, self.image_shape
        )


def class_of(path: str) -> str:
    """Return the class folder that a file lies in."""
    return path.split("/")[-2]
