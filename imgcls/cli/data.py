"""``imgcls data``: the data doctor asked about a data set by name, or about a folder."""

import argparse
from pathlib import Path

import imgcls.data
from imgcls.data import ImageDataModule, ImageFolder
from imgcls.data.check import check
from imgcls.data.sources.cache import cache_folder, prune
from imgcls.data.spelling import plain
from imgcls.errors import InputError, did_you_mean


def run(arguments: list[str]) -> int:
    """Print the report on one data set, or what was pruned; return 1 if the data has problems.

    Args:
        arguments: What follows ``imgcls data`` on the command line.
    """
    about = "Check a data set before you trust it."
    parser = argparse.ArgumentParser(prog="imgcls data", description=about)
    parser.add_argument(
        "name", nargs="?", help="a data set, in any case, or a folder of your own images"
    )
    parser.add_argument("--root", type=Path, help="folder that holds it; default $IMGCLS_DATA")
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove cached images whose folder is gone, or that another version left",
    )
    options = parser.parse_args(arguments)
    if options.prune == (options.name is not None):
        parser.error("give either NAME or --prune")
    if options.prune:
        show_pruned()
        return 0
    report = check(data_named(options.name, options.root))
    print(*report.description, *(f"problem: {line}" for line in report.problems), sep="\n")
    return int(bool(report.problems))


def show_pruned() -> None:
    """Prune the cache of decoded images; print a line for each entry, and what they took."""
    count = total = 0
    for removed in prune():
        print(f"removed {removed.name}, {removed.size / 1e6:,.1f} MB: {removed.reason}")
        count, total = count + 1, total + removed.size
    entries = "1 entry" if count == 1 else f"{count} entries"
    print(f"removed {entries}, {total / 1e6:,.1f} MB, from {cache_folder()}")


def data_named(name: str, root: Path | None) -> ImageDataModule:
    """Return a data set of ours by name, in whatever case, or the images in a folder.

    Raises:
        InputError: It is neither.
    """
    exported = [getattr(imgcls.data, each) for each in imgcls.data.__all__]
    kinds: dict[str, type[ImageDataModule]] = {
        plain(each.__name__): each
        for each in exported
        if issubclass(each, ImageDataModule) and each is not ImageDataModule
    }
    kind = kinds.get(plain(name))
    if kind is ImageFolder and root is None:
        raise InputError("ImageFolder needs --root FOLDER, or name the folder itself")
    if kind is not None:
        return kind(root=root)
    if Path(name).is_dir():
        return ImageFolder(root=Path(name))
    hint = did_you_mean(plain(name), (each.__name__ for each in kinds.values()))
    raise InputError(f"{name!r} is neither a data set nor a folder{hint}")
