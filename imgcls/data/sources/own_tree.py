"""A folder of one's own images: the splits that it has, and those drawn from it by content."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from imgcls.batch import Split
from imgcls.data.sources.content_hashes import content_hashes
from imgcls.data.sources.drawn_split import drawn_contents, quota
from imgcls.data.sources.image_files import Resize
from imgcls.data.sources.image_tree import ImageTree, Listing
from imgcls.data.sources.tree_layouts import check_two, class_folders, folder_tree, names_splits

Files = Mapping[str, str]  # path to content hash


class KnownSplits(NamedTuple):
    """Which split a run had each file in, by content and by path."""

    by_content: Mapping[str, Split]
    by_path: Mapping[str, Split]

    def split_of(self, path: str, content: str) -> Split | None:
        """Return the split of a file; content counts before path; None of a new file."""
        return self.by_content.get(content) or self.by_path.get(path)


def known_splits(files: Mapping[Split, Files]) -> KnownSplits:
    """Return the splits of a run's files; of copies in several splits those of train count."""
    by_content: dict[str, Split] = {}
    by_path: dict[str, Split] = {}
    for split in ("test", "val", "train"):
        for path, content in files.get(split, {}).items():
            by_content[content] = by_path[path] = split
    return KnownSplits(by_content, by_path)


NOTHING = known_splits({})


def listed_tree(root: Path, resize: Resize) -> ImageTree | None:
    """Return the splits of a folder as they are, or all of it as ``train`` where it has none.

    Raises:
        InputError: A class without splits has a single image.
    """
    if tree := folder_tree(root, resize, val=True):
        return tree
    if names_splits(root):
        return None
    listing = class_folders(root, "")
    for name, stamps in listing.items():
        check_two(name, stamps, root)
    kind = "folder tree without splits"
    return ImageTree(kind, root, {"train": listing}, resize) if listing else None


def hashes_of(tree: ImageTree) -> Files:
    """Return the content hash of each file of a tree, by path."""
    listings = tree.listings.values()
    stamps = [stamp for listing in listings for group in listing.values() for stamp in group]
    return content_hashes(tree.folder, sorted(stamps))


class Draw(NamedTuple):
    """How images are drawn from the class folders of ``train``.

    Attributes:
        fraction: Of each class.
        seed: Of the choice.
        hashes: Of the content of each file, by path.
        known: Goes before the choice.
    """

    fraction: float
    seed: int
    hashes: Files
    known: KnownSplits

    def contents(self, listing: Listing) -> dict[str, list[str]]:
        """Return the content hashes of the files of each class."""
        return {name: [self.hashes[s.path] for s in stamps] for name, stamps in listing.items()}


def with_test(tree: ImageTree, draw: Draw) -> ImageTree:
    """Return a tree with its test split, drawn from ``train`` where it has none."""
    if "test" in tree.listings:
        return tree
    listing = tree.listings["train"]
    drawn = drawn_contents(
        draw.contents(listing), quota(draw.fraction, enough=2), draw.seed, "lowest"
    )

    def is_tested(path: str) -> bool:
        content = draw.hashes[path]
        split = draw.known.split_of(path, content)
        return split == "test" if split else content in drawn

    def part(tested: bool) -> Listing:
        return {
            name: [stamp for stamp in stamps if is_tested(stamp.path) == tested]
            for name, stamps in listing.items()
        }

    listings: dict[Split, Listing] = {"train": part(False), "test": part(True)}
    return ImageTree(tree.kind, tree.folder, listings, tree.resize)


def val_paths(listing: Listing, draw: Draw) -> set[str]:
    """Return the paths of the files of ``train`` that are validated."""
    contents = draw.contents(listing)
    drawn = drawn_contents(contents, quota(draw.fraction, enough=3), draw.seed, "highest")
    found = set()
    for stamps in listing.values():
        for path, _, _ in stamps:
            content = draw.hashes[path]
            split = draw.known.split_of(path, content)
            if split == "val" or (split != "train" and content in drawn):
                found.add(path)
    return found
