"""The contract of a data set: split, loaders, and what happens to a batch on the device."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from lightning import LightningDataModule, Trainer
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, DistributedSampler, Sampler

from imgcls.batch import Batch, Split
from imgcls.data.class_choice import check_choice
from imgcls.data.images import Images
from imgcls.data.resident import ResidentLoader, ResidentPixels
from imgcls.data.sources.find import DatasetFiles, load_split, prepare, source_of
from imgcls.data.sources.pixel_source import OfficialSplit, PixelSource
from imgcls.errors import InputError
from imgcls.transforms.draws import Draws, progress_of
from imgcls.transforms.mix import Mix
from imgcls.transforms.normalise import normalise
from imgcls.transforms.transform import Transform

Loader = DataLoader[Any] | ResidentLoader


def default_root() -> Path:
    """Return the folder of data sets: ``$IMGCLS_DATA``, else ``data`` in the working folder."""
    return Path(os.environ.get("IMGCLS_DATA") or "data").expanduser().absolute()


def found_root(remembered: str | Path | None) -> Path:
    """Return the folder that a run had its data from, or the default where it is not here."""
    if remembered is None or not Path(remembered).exists():
        return default_root()  # the run came from another machine
    return Path(remembered)


def as_is(batch: Any) -> Any:
    """Return the batch that `Images` already made; a collate function for loaders."""
    return batch


def data_of(trainer: Trainer) -> "ImageDataModule":
    """Return the data module that a trainer works on."""
    data: ImageDataModule = trainer.datamodule  # type: ignore[attr-defined]
    return data


class ImageDataModule(LightningDataModule):
    """Pictures in memory, a seeded stratified validation split, and batched augmentation.

    A data set says its ``classes``, ``image_shape``, ``mean``, ``std`` and ``files``; one whose
    pixels come with a package has no ``files`` and its own `load`.

    Args:
        root: Folder that holds the data; default ``$IMGCLS_DATA``, else ``data``.
        batch_size: Pictures in a batch, of training and of evaluation; at least 1.
        val_fraction: Share of each class of the official training set that becomes the validation
            split, in [0, 1); 0 trains on all of it, and the last weights are then the chosen ones.
        split_seed: Seed of that choice; kept apart from the seed of the run, so that runs with
            different seeds are compared on the same pictures.
        augment: Augmentations of the training pictures, in order.
        mix: Mixing of whole training pictures and their labels, after normalisation.
        seed: Seed of shuffle and augmentation; the command links it to ``seed_everything``.
        classes: Some of the data set's classes, in the order that their labels follow; all
            pictures of others are left out. Default all classes.
        one_hot: Whether targets leave as distributions ``(N, K)``, in training and evaluation
            alike, instead of labels ``(N,)``; the same is learned from both, unless the loss weighs
            classes: it then divides by the sum of the labels' weights, but by N of distributions.
        validate_on: The split that the curves ``val/loss`` and ``val/acc`` show. ``test`` is for
            courses that ask for test curves: each epoch then counts as a look at the test set, and
            the last weights are the chosen ones; ``val_fraction: 0`` goes well with it.

    Attributes:
        resident: Whether pictures lie in the memory of the GPU where they fit.

    Raises:
        InputError: A batch size below 1, a validation share outside [0, 1), or a class that the
            data set does not have.
    """

    classes: Sequence[str]
    image_shape: tuple[int, int, int]
    mean: Sequence[float]
    std: Sequence[float]
    num_inputs: ClassVar[int] = 1
    files: ClassVar[DatasetFiles | None] = None
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
                f"val_fraction is {val_fraction}: it is the share of the training pictures kept "
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
        positions = torch.arange(len(images))
        if self.val_fraction == 0:
            return images, images.subset(positions[:0])
        try:
            train, val = train_test_split(
                positions,
                test_size=self.val_fraction,
                stratify=images.labels,
                random_state=self.split_seed,
            )
        except ValueError as error:
            raise InputError(
                f"val_fraction {self.val_fraction} of {len(images)} pictures in "
                f"{self.num_classes} classes cannot hold every class: {error}"
            ) from error
        return images.subset(train.sort().values), images.subset(val.sort().values)

    def _of_chosen_classes(self, images: Images) -> Images:
        numbers = {name: number for number, name in enumerate(self.classes)}
        return images.relabelled(
            torch.tensor([numbers.get(name, -1) for name in self.official_classes])
        )

    def train_dataloader(self) -> Loader:
        """Shuffle by (seed, epoch) alone; the last part of a batch is left out of the epoch."""
        images = self.train_images
        trainer = self.trainer
        sampler: DistributedSampler[Any] = DistributedSampler(
            images,
            num_replicas=trainer.world_size if trainer else 1,
            rank=trainer.global_rank if trainer else 0,
            seed=self.seed * 10_007,  # the sampler adds the epoch: keep neighbouring seeds apart
        )
        return self._loader(images, sampler=sampler, drop_last=len(images) > self.batch_size)

    def val_dataloader(self) -> Loader | list[Any]:
        """Return the pictures of ``validate_on`` in order, or no loader when there are none."""
        images = self.test_images if self.validate_on == "test" else self.val_images
        return self._loader(images) if len(images) else []

    def test_dataloader(self) -> Loader:
        """Return the test pictures in order."""
        return self._loader(self.test_images)

    def ordered_loader(self, images: Images) -> Loader:
        """Return any pictures in their order, for evaluation."""
        return self._loader(images)

    def _loader(
        self, images: Images, sampler: Sampler[int] | None = None, drop_last: bool = False
    ) -> Loader:
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        pixels = self._resident_pixels.of(images, device) if self.resident else None
        if pixels is not None:
            return ResidentLoader(images, pixels, self.batch_size, sampler, drop_last)
        return DataLoader(
            images,
            batch_size=self.batch_size,
            sampler=sampler,
            drop_last=drop_last,
            collate_fn=as_is,
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),  # else each iteration draws from the global generator
        )

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Move inputs and targets; Lightning looks into any nesting, which a small step feels.

        The index stays, since random numbers are drawn where it lies (see `Draws`).
        """
        inputs, targets, index = batch
        inputs = inputs.to(device, non_blocking=True)
        return Batch(inputs, targets.to(device, non_blocking=True), index)

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Augment and mix (in training only) and normalise a batch on its device."""
        if self.trainer is None or not self.trainer.training:
            return self._fed(batch._replace(inputs=self.normalised(batch.inputs)))
        inputs, targets = self._augmented(batch, self.trainer.current_epoch)
        return self._fed(Batch(inputs, targets, batch.index))

    def evaluation_batch(self, batch: Batch, device: torch.device) -> Batch:
        """Return a batch on a device as evaluation takes it: normalised, never augmented."""
        moved = self.transfer_batch_to_device(batch, device, 0)
        return self._fed(moved._replace(inputs=self.normalised(moved.inputs)))

    def _fed(self, batch: Batch) -> Batch:
        """Return a normalised batch in the form that models take."""
        if self.one_hot and batch.targets.dim() == 1:
            targets = functional.one_hot(batch.targets, self.num_classes).float()
            return batch._replace(targets=targets)
        return batch

    def normalised(self, images: Tensor) -> Tensor:
        """Return what a network is fed, float32 ``(N, C, H, W)``, of pictures as they are drawn."""
        return normalise(images, self.mean, self.std)

    def augmented(self, batch: Batch, epoch: int) -> Tensor:
        """Return pictures as an epoch of training meets them, not yet normalised nor mixed."""
        return self._transformed(batch.inputs, self._draws(batch, epoch))

    def _draws(self, batch: Batch, epoch: int) -> Draws:
        progress = progress_of(epoch, self.trainer.max_epochs if self.trainer else None)
        return Draws(self.seed, epoch, batch.index, progress, batch.inputs.device)

    def _transformed(self, images: Tensor, draws: Draws) -> Tensor:
        for transform in self.augment:
            images = transform(images, draws)
        return images

    def _augmented(self, batch: Batch, epoch: int) -> tuple[Tensor, Tensor]:
        targets, draws = batch.targets, self._draws(batch, epoch)
        inputs = self.normalised(self._transformed(batch.inputs, draws))
        if self.mix:
            inputs, targets = self.mix(inputs, targets, self.num_classes, draws)
        return inputs, targets

    def state_dict(self) -> dict[str, Any]:
        """Return the facts that let a checkpoint explain itself."""
        return {
            "data": type(self).__name__,
            "classes": list(self.classes),
            "image_shape": list(self.image_shape),
            "mean": list(self.mean),
            "std": list(self.std),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuse weights that were trained on other classes.

        Raises:
            InputError: The classes of the checkpoint and of the data differ.
        """
        theirs, ours = list(state_dict["classes"]), list(self.classes)
        if theirs != ours:
            strangers = sorted(set(theirs) ^ set(ours)) or ["the same names in another order"]
            raise InputError(
                f"the checkpoint was trained on {len(theirs)} classes of {state_dict['data']}, the "
                f"data {type(self).__name__} has {len(ours)}; they differ in: "
                f"{', '.join(strangers[:6])}: give the data it was trained on; 'imgcls fit "
                "--finetune true' starts a new run from its backbone"
            )
