"""The data doctor: where a data set lies and what is odd about it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from imgcls.batch import Split
from imgcls.data.image_data import ImageDataModule
from imgcls.data.image_folder import ImageFolder
from imgcls.data.odd_images import grey_images, repeats, shared
from imgcls.data.shared_files import PAIRS
from imgcls.data.sources.find import check_fit, read_split
from imgcls.data.sources.pixel_source import Decoded, decoded
from imgcls.errors import InputError, listed


class Report(NamedTuple):
    """What the doctor found.

    Attributes:
        description: Lines that describe the data.
        problems: Lines on what has to be fixed before a training; usually none.
    """

    description: list[str]
    problems: list[str]


def check(data: ImageDataModule) -> Report:
    """Check every image of both splits.

    Args:
        data: The data set; nothing is downloaded for it.
    """
    report = Report([], [])
    if data.files is None:
        report.description.append(f"{type(data).__name__}: comes with a package")
    else:
        report.description.append(f"{data.files.name}: {data.source.kind} in {data.source.folder}")
    if isinstance(data, ImageFolder):
        report.description.append(data.splits_in_words)
    splits: dict[Split, Decoded] = {}
    for split in splits_of(data):
        try:
            splits[split] = examine(data, split, report)
        except InputError as error:
            report.problems.append(str(error))
            continue
        report.description.extend(describe(splits[split], split, data.official_classes))
    if "train" in splits:
        report.description.extend(compare_statistics(splits["train"], data))
    for split, other in PAIRS:
        if split in splits and other in splits:
            words, count = shared_images(splits, split, other)
            own = isinstance(data, ImageFolder) and count  # nobody can fix an official split
            (report.problems if own else report.description).append(words)
    return report


def splits_of(data: ImageDataModule) -> list[Split]:
    """Return the splits that have files of their own."""
    own_val = isinstance(data, ImageFolder) and data.has_val
    return ["train", "val", "test"] if own_val else ["train", "test"]


def examine(data: ImageDataModule, split: Split, report: Report) -> Decoded:
    """Return what can be read of a split; add what cannot to the problems of the report."""
    if data.files is None:
        images = data.load("test" if split == "test" else "train")
        return decoded(images.pixels[images.rows].numpy(), images.labels.numpy())
    classes = data.official_classes
    try:
        return read_split(
            data.source, data.files.name, split, classes, data.image_shape, data.classes
        )
    except InputError:
        report.problems.extend(data.source.problems(split, classes, data.classes))
        fresh = data.source.read(split, classes, data.image_shape)
        report.problems.extend(fresh.broken)
        check_fit(fresh, f"{data.source.folder} ({split})", len(classes), data.image_shape)
        return fresh


def describe(images: Decoded, split: Split, classes: Sequence[str]) -> list[str]:
    """Return the size of a split and of its classes, its repeated and its grey images."""
    counts = np.bincount(images.labels, minlength=len(classes))
    least, most = int(counts.argmin()), int(counts.argmax())
    sizes = (
        f"{counts[least]} in each"
        if counts[least] == counts[most]
        else f"from {counts[least]} ({classes[least]}) to {counts[most]} ({classes[most]}) in each"
    )
    lines = [f"{split}: {len(images.labels)} images, {len(classes)} classes, {sizes}"]
    lines.append(repeated_images(images, split))
    if images.pixels.shape[1] == 3:
        grey = [named(images, row) for row in grey_images(images.pixels)]
        lines.append(f"{split}: {len(grey)} grey among RGB{examples(grey)}")
    return lines


def compare_statistics(train: Decoded, data: ImageDataModule) -> list[str]:
    """Return the mean and standard deviation of train next to those of the data set."""
    if isinstance(data, ImageFolder):  # it takes those of train
        return [f"mean of train: {numbers(train.mean)}", f"std of train: {numbers(train.std)}"]
    pairs = {"mean": (train.mean, data.mean), "std": (train.std, data.std)}
    return [
        f"{name} of train: {numbers(found)}, configured: {numbers(configured)}"
        + ("" if np.allclose(found, configured, atol=1e-3) else "  <- they differ")
        for name, (found, configured) in pairs.items()
    ]


def repeated_images(images: Decoded, split: Split) -> str:
    """Return how many images repeat an earlier one of their split."""
    pairs = repeats(images.pixels)
    conflicts = sum(images.labels[row] != images.labels[pairs[row]] for row in pairs)
    texts = [f"{named(images, row)} = {named(images, pairs[row])}" for row in pairs]
    return (
        f"{split}: {len(texts)} repeat an earlier image, {conflicts} of them under another "
        f"label{examples(texts)}"
    )


def shared_images(splits: Mapping[Split, Decoded], split: Split, other: Split) -> tuple[str, int]:
    """Return how many images of a split are also in another one, in words and as a number."""
    ours, theirs = splits[split], splits[other]
    pairs = shared(ours.pixels, theirs.pixels)
    texts = [f"{named(ours, row)} = {named(theirs, pairs[row])}" for row in pairs]
    return f"{split}: {len(texts)} are also in {other}{examples(texts)}", len(texts)


def named(images: Decoded, row: int) -> str:
    """Return the name of an image, or its index where the source has no names."""
    return str(row) if images.names is None else images.names[row]


def examples(texts: Sequence[str]) -> str:
    """Return the first few, for the end of a line."""
    return f": {listed(texts, most=3)}" if texts else ""


def numbers(values: Sequence[float]) -> str:
    """Return numbers with four digits."""
    return " ".join(f"{value:.4f}" for value in values)
