"""The contract of a data set: its metadata, its splits and their loaders."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from lightning import LightningDataModule, Trainer
from torch.utils.data import Sampler

from imgcls.batch import Split
from imgcls.data.class_choice import check_choice
from imgcls.data.device_batches import DeviceBatches
from imgcls.data.images import Images
from imgcls.data.loaders import Loader, loader_of, shuffled
from imgcls.data.metadata import Metadata
from imgcls.data.resident import ResidentPixels
from imgcls.data.root import default_root
from imgcls.data.sources.find import load_split, prepare, source_of
from imgcls.data.sources.pixel_source import OfficialSplit, PixelSource
from imgcls.data.split import stratified_split
from imgcls.errors import InputError
from imgcls.transforms.mix import Mix
from imgcls.transforms.transform import Transform


def data_of(trainer: Trainer) -> "ImageDataModule":
    """Return the data module that a trainer works on."""
    data: ImageDataModule = trainer.datamodule  # type: ignore[attr-defined]
    return data


class ImageDataModule(DeviceBatches, Metadata, LightningDataModule):
    """Images in memory, a seeded stratified validation split, and batched augmentation.

    A data set says its ``classes``, ``image_shape``, ``mean``, ``std`` and ``files``; one whose
    pixels come with a package has no ``files`` and its own `load`.

    Args:
        root: Folder that holds the data; default ``$IMGCLS_DATA``, else ``data``.
        batch_size: Images in a batch, of training and of evaluation; at least 1.
        val_fraction: Fraction of each class of the official training set that becomes the
            validation split, in [0, 1); 0 trains on all of it, and the last weights are then the
            chosen ones.
        split_seed: Seed of that choice; apart from the seed of the run, so that runs with
            different seeds are compared on the same images.
        augment: Augmentations of the training images, in order.
        mix: Mixing of whole training images and their labels, after normalisation.
        seed: Seed of shuffle and augmentation; the command links it to ``seed_everything``.
        classes: Some of the data set's classes, in the order that their labels follow; all
            images of others are left out. Default all classes.
        one_hot: Whether targets leave as distributions ``(N, K)``, in training and evaluation
            alike, instead of labels ``(N,)``; the same is learned from both, unless the loss weighs
            classes: it then divides by the sum of the labels' weights, but by N of distributions.
        validate_on: The split that the curves ``val/loss`` and ``val/acc`` show. ``test`` is for
            courses that ask for test curves: each epoch then counts as an evaluation on the test
            set, and the last weights are the chosen ones; ``val_fraction: 0`` goes well with it.

    Attributes:
        resident: Whether images lie in the memory of the GPU where they fit.
        allow_missing_classes: Whether a split may lack a class; the command sets it.

    Raises:
        InputError: A batch size below 1, a validation fraction outside [0, 1), or a class that the
            data set does not have.
    """

    num_inputs: ClassVar[int] = 1
    root_is_searched: ClassVar[bool] = True  # for files of the data set, and not they themselves
    superclasses: ClassVar[Mapping[str, Sequence[str]]] = {}

    def __init__(
        self,
        root: Path | None = None,
        batch_size: int = 128,
        val_fraction: float = 0.1,
        split_seed: int = 0,
        augment: list[Transform] | None = None,
        mix: Mix | None = None,
        seed: int = 0,
        classes: tuple[str, ...] | None = None,
        one_hot: bool = False,
        validate_on: Literal["val", "test"] = "val",
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise InputError(f"batch_size is {batch_size}: it must be at least 1")
        if not 0 <= val_fraction < 1:
            raise InputError(
                f"val_fraction is {val_fraction}: it is the fraction of the training images "
                "for validation, so it must be at least 0 and below 1"
            )
        self.root = default_root() if root is None else Path(root).expanduser().absolute()
        self.batch_size = batch_size
        self.val_fraction = val_fraction
        self.split_seed = split_seed
        self.augment = augment or []
        self.mix = mix
        self.seed = seed
        self.one_hot = one_hot
        self.validate_on = validate_on
        self.resident = True
        self.allow_missing_classes = False
        self._resident_pixels = ResidentPixels()
        self._official_classes: Sequence[str] | None = None
        if classes is not None:
            self.choose_classes(classes)

    def choose_classes(self, classes: Sequence[str]) -> None:
        """Keep only these classes; their order becomes that of the labels.

        Raises:
            InputError: A class is unknown or repeated, or there are fewer than two.
        """
        check_choice(classes, self.classes, type(self).__name__)
        self._official_classes = self.classes
        self.classes = tuple(classes)

    @property
    def official_classes(self) -> Sequence[str]:
        """All classes of the data set; the labels of `load` follow their order."""
        return self._official_classes or self.classes

    def prepare_data(self) -> None:
        """Download what is nowhere on this machine, and decode it once, before other processes."""
        if self.files is not None:
            prepare(self.files, self.root)
            self.load("train")
            self.load("test")

    @cached_property
    def source(self) -> PixelSource:
        """Where the pixels lie.

        Raises:
            InputError: They lie nowhere.
        """
        if self.files is None:
            raise NotImplementedError(f"{type(self).__name__} needs `files` or its own `load`")
        return source_of(self.files, self.root)

    def load(self, split: OfficialSplit) -> Images:
        """Return the official training or test set, whole, with its official labels.

        A folder tree may lack classes that were not chosen.
        """
        name = self.files.name if self.files else type(self).__name__
        classes = self.official_classes
        return load_split(self.source, name, split, classes, self.image_shape, self.classes)

    @property
    def num_classes(self) -> int:
        """Number of labels."""
        return len(self.classes)

    @property
    def superclass_of(self) -> dict[str, str]:
        """The superclass of each class by name; empty where there are none."""
        return {name: group for group, names in self.superclasses.items() for name in names}

    def images(self, split: Split) -> Images:
        """Return the images of ``train``, ``val`` or ``test``."""
        if split == "test":
            return self.test_images
        return self.train_images if split == "train" else self.val_images

    @property
    def validates(self) -> bool:
        """Whether there is a validation split."""
        return self.val_fraction > 0

    def file_hashes(self, split: Split) -> Mapping[str, str] | None:
        """Return the content hash of each file of a split by path; None of a fixed data set."""
        return None

    def content_hash(self, split: Split) -> str:
        """Return a hash of a split's images and their classes, whatever their order."""
        return self.images(split).content_hash(self.classes)

    @property
    def train_images(self) -> Images:
        """The official training set without the validation split."""
        return self._train_and_val[0]

    @property
    def val_images(self) -> Images:
        """The validation split, empty when ``val_fraction`` is 0."""
        return self._train_and_val[1]

    @cached_property
    def test_images(self) -> Images:
        """The official test set."""
        return self._of_chosen_classes(self.load("test"))

    @cached_property
    def _train_and_val(self) -> tuple[Images, Images]:
        images = self._of_chosen_classes(self.load("train"))
        return stratified_split(images, self.val_fraction, self.split_seed)

    def _of_chosen_classes(self, images: Images) -> Images:
        numbers = {name: number for number, name in enumerate(self.classes)}
        return images.relabelled(
            torch.tensor([numbers.get(name, -1) for name in self.official_classes])
        )

    def train_dataloader(self) -> Loader:
        """Shuffle by (seed, epoch) alone; the last part of a batch is left out of the epoch."""
        images = self.train_images
        sampler = shuffled(images, self.seed, self.trainer)
        return self._loader(images, sampler=sampler, drop_last=len(images) > self.batch_size)

    def val_dataloader(self) -> Loader | list[Any]:
        """Return the images of ``validate_on`` in order, or no loader when there are none."""
        images = self.test_images if self.validate_on == "test" else self.val_images
        return self._loader(images) if len(images) else []

    def test_dataloader(self) -> Loader:
        """Return the test images in order."""
        return self._loader(self.test_images)

    def ordered_loader(self, images: Images) -> Loader:
        """Return any images in their order, for evaluation."""
        return self._loader(images)

    def _loader(
        self, images: Images, sampler: Sampler[int] | None = None, drop_last: bool = False
    ) -> Loader:
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        pixels = self._resident_pixels.of(images, device) if self.resident else None
        return loader_of(images, self.batch_size, device, pixels, sampler, drop_last)
