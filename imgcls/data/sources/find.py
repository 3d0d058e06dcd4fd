"""Where the pixels of a data set come from: found on this machine, or downloaded."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

from imgcls.batch import Split
from imgcls.data.images import Images
from imgcls.data.sources.cache import cached
from imgcls.data.sources.downloads import download, unpack
from imgcls.data.sources.fingerprint import fingerprint
from imgcls.data.sources.image_files import Resize
from imgcls.data.sources.pixel_source import Decoded, PixelSource
from imgcls.data.sources.tree_layouts import flat_tree, folder_tree, subfolders
from imgcls.data.spelling import plain
from imgcls.errors import InputError

Finder = Callable[[Path], PixelSource | None]


@dataclass(frozen=True)
class DatasetFiles:
    """What distinguishes the files of one data set from those of others.

    Attributes:
        name: As its authors write it; its folder may be spelt ``cifar100``, ``CIFAR_100`` ...
        official: Finds the official files in a folder; image trees are always searched.
        downloads: The official files, path under the root to MD5 sum; archives are unpacked.
        mirrors: Addresses of folders that hold them.
        elsewhere: Folders outside the root where a system may have put the files.
        resize: How images of another size are resized; by default they are errors.
    """

    name: str
    official: Finder | None = None
    downloads: Mapping[str, str] = field(default_factory=dict)
    mirrors: Sequence[str] = ()
    elsewhere: Sequence[Path] = ()
    resize: Resize | None = None


@contextmanager
def garbage_waits() -> Iterator[None]:
    """Keep Python from collecting garbage while very many objects are made that all stay."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@garbage_waits()  # a pass over all that torch has made takes as long as to list 60,000 files
def find_source(files: DatasetFiles, root: Path) -> PixelSource | None:
    """Return the first of official files, folder tree and flat tree; what is elsewhere comes last.

    The folders searched are those in ``root`` that have the data set's name, and ``root``.
    """
    folders: list[Path] = []
    if root.is_dir():
        named = [name for name in subfolders(root) if plain(name) == plain(files.name)]
        folders = [*(root / name for name in named), root]
    trees: list[Finder] = [partial(tree, resize=files.resize) for tree in (folder_tree, flat_tree)]
    finders = [files.official, *trees] if files.official else trees
    for group in (folders, files.elsewhere):
        for finder in finders:
            for folder in group:
                source = finder(folder)
                if source is not None:
                    return source
    return None


def source_of(files: DatasetFiles, root: Path) -> PixelSource:
    """Return where the pixels lie.

    Raises:
        InputError: They lie nowhere.
    """
    source = find_source(files, root)
    if source is None:
        folder = plain(files.name)
        raise InputError(
            f"no {files.name} in {root}: put its official files there, or images as "
            f"{folder}/{{train,test}}/<class>/*.png or {folder}/{{train,test}}/<class>_<number>.jpg"
            f"{', or run `imgcls fit` once with a network' if files.downloads else ''}; "
            "another folder is named by --data.root or $IMGCLS_DATA"
        )
    return source


def prepare(files: DatasetFiles, root: Path) -> None:
    """Download and unpack the official files, unless the data set is there in some form.

    Raises:
        InputError: No mirror gave a file, or a file has another sum than the published one.
    """
    if not files.downloads or find_source(files, root) is not None:
        return
    for path, md5 in files.downloads.items():
        download(files.mirrors, root / path, md5)
        if path.endswith(".tar.gz"):
            unpack(root / path)


def read_split(
    source: PixelSource,
    name: str,
    split: Split,
    classes: Sequence[str],
    image_shape: tuple[int, int, int],
    needed: Sequence[str] | None = None,
) -> Decoded:
    """Return a split from the cache, decoded the first time.

    Args:
        source: Where the pixels lie.
        name: Of the data set.
        split: Which to read.
        classes: All that the data set has; labels follow their order.
        image_shape: ``(C, H, W)`` of one image.
        needed: Classes that must be there, default all; a tree of images may lack the others.

    Raises:
        InputError: A class is missing, extra or empty, or a file cannot be read.
    """
    if problems := source.problems(split, classes, classes if needed is None else needed):
        raise InputError(problems[0])

    def decode() -> Decoded:
        fresh = source.read(split, classes, image_shape)
        check_fit(fresh, f"{source.folder} ({split})", len(classes), image_shape)
        if fresh.broken:
            count = len(fresh.broken)
            raise InputError(
                f"{count} image{'s' * (count > 1)} cannot be read: {fresh.broken[0]}"
                f"{', ...' if count > 1 else ''}: replace or delete the file; "
                f"`imgcls data` lists every one"
            )
        return fresh

    content = fingerprint(source.folder, source.files(split))
    settings = [list(classes), image_shape, source.kind, source.resize, content]
    return cached(f"{plain(name)}-{split}", source.folder.resolve(), settings, decode)


def check_fit(
    fresh: Decoded, where: str, num_classes: int, image_shape: tuple[int, int, int]
) -> None:
    """Refuse images and labels that belong to another data set.

    Raises:
        InputError: The shape of the images, their number or a label is not the expected one.
    """
    advice = "is it another data set?"
    if fresh.pixels.shape[1:] != image_shape:
        raise InputError(
            f"images in {where} are {fresh.pixels.shape[1:]}, not {image_shape}: {advice}"
        )
    if len(fresh.pixels) != len(fresh.labels):
        raise InputError(
            f"{where} has {len(fresh.pixels)} images but {len(fresh.labels)} labels: {advice}"
        )
    if len(fresh.labels) and not 0 <= fresh.labels.min() <= fresh.labels.max() < num_classes:
        raise InputError(
            f"labels in {where} go from {fresh.labels.min()} to {fresh.labels.max()}, "
            f"not from 0 to {num_classes - 1}: {advice}"
        )


def load_split(
    source: PixelSource,
    name: str,
    split: Split,
    classes: Sequence[str],
    image_shape: tuple[int, int, int],
    needed: Sequence[str] | None = None,
) -> Images:
    """Return a split as `Images`; the arguments and errors are those of `read_split`."""
    split_read = read_split(source, name, split, classes, image_shape, needed)
    return Images(
        torch.from_numpy(split_read.pixels), torch.from_numpy(split_read.labels), split_read.names
    )
