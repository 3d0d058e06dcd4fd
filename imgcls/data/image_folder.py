"""Anybody's own pictures."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from imgcls.data.image_data import ImageDataModule
from imgcls.data.sources.find import DatasetFiles, read_split
from imgcls.data.sources.image_files import rgb_square
from imgcls.data.sources.image_tree import PictureTree
from imgcls.data.sources.pixel_source import Decoded
from imgcls.data.sources.tree_layouts import folder_tree, unsplit_tree
from imgcls.errors import InputError


class ImageFolder(ImageDataModule):
    """Pictures of any size in folders named for their classes, made RGB squares of one size.

    The folder holds ``{train,test}/<class>/*``, or ``{train,val}/<class>/*``, whose ``val`` is then
    the test split, or ``<class>/*``, of which a seeded share of each class becomes the test split.
    The mean and standard deviation are those of the training split.

    Args:
        root: The folder itself.
        image_size: Rows and columns; the shorter side is scaled to it, and the centre cropped.
        test_fraction: Share of each class that becomes the test split where the folder has no
            splits, in (0, 1), at least one picture; ``split_seed`` draws it.
        classes: Some of the folders, see `ImageDataModule`; the mean and standard deviation stay
            those of all of them.
        **loading: See `ImageDataModule`.

    Raises:
        InputError: The folder is not there, has no class folders, or a number is out of range.
    """

    files = DatasetFiles(name="ImageFolder", resize="crop")

    def __init__(
        self,
        root: Path,
        image_size: int = 64,
        test_fraction: float = 0.1,
        classes: tuple[str, ...] | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(root, **loading)
        if not 0 < test_fraction < 1:
            raise InputError(f"test_fraction is {test_fraction}: it must be between 0 and 1")
        if not self.root.is_dir():
            raise InputError(f"there is no folder {self.root}: root must be a folder of pictures")
        self.test_fraction = test_fraction
        self.image_shape = rgb_square(image_size)
        self.classes = tuple(sorted(self.source.listings["train"]))
        if classes is not None:
            self.choose_classes(classes)

    @cached_property
    def source(self) -> PictureTree:
        """The files of both splits, listed once."""
        tree = folder_tree(self.root, resize="crop") or unsplit_tree(
            self.root, self.test_fraction, self.split_seed, resize="crop"
        )
        if tree is None:
            raise InputError(
                f"{self.root} holds neither {{train,test}}/<class>/ nor {{train,val}}/<class>/ nor "
                "<class>/: arrange the pictures as one of them"
            )
        return tree

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
