"""Which images a run was trained, validated and tested on, and what has changed of them since."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgcls.batch import Split
from imgcls.data import ImageDataModule, ImageFolder
from imgcls.data.image_folder import class_of
from imgcls.data.images import Images
from imgcls.data.sources.own_tree import Files
from imgcls.errors import InputError
from imgcls.files import write_whole
from imgcls.runs.run import Run

FORMAT = 1
WORDS: Mapping[Split, str] = {"train": "training", "val": "validation", "test": "test"}
Manifest = Mapping[Split, Files | str]  # path to content hash of each file, or one hash of all


@dataclass(frozen=True)
class Change:
    """How a split differs from the one that a run had.

    Attributes:
        split: Which.
        words: The difference in words.
        counts: What ``result.json`` says of it.
    """

    split: Split
    words: str
    counts: Mapping[str, int | str]


def write_manifest(run: Run, data: ImageDataModule) -> None:
    """Write the content of the splits that a run is about to be trained on, whole or not at all.

    Of a folder of images the hash of each file is saved, by its path; of other data, whose files
    do not change one by one, a hash of each split.
    """
    splits: dict[Split, Files | str] = {}
    for split in WORDS:
        if split != "val" or data.validates:
            files = data.file_hashes(split)
            splits[split] = data.content_hash(split) if files is None else files
    content = {"format_version": FORMAT, "data": type(data).__name__, "splits": splits}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    write_whole(run.split_file, gzip.compress(text.encode(), mtime=0))


def read_manifest(run: Run) -> Manifest | None:
    """Return what a run's splits held; None of an older run, which did not write it.

    Raises:
        InputError: The file is damaged, or a newer imgcls wrote it.
    """
    file = run.split_file
    if not file.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
        if content["format_version"] <= FORMAT:
            splits: Manifest = content["splits"]
            return splits
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} is damaged: copy it again from where the run was trained, or delete it to "
            "have the data compared with nothing"
        ) from error
    raise InputError(f"{file} has another format than this imgcls reads: install a newer imgcls")


def follow(data: ImageDataModule, manifest: Manifest | None) -> None:
    """Have a folder of images draw its splits as the run has drawn them."""
    if isinstance(data, ImageFolder) and manifest:
        data.follow({split: each for split, each in manifest.items() if not isinstance(each, str)})


def changes(
    manifest: Manifest | None, data: ImageDataModule, splits: Sequence[Split]
) -> list[Change]:
    """Return how some splits of the data differ from a run's; nothing where that is not known."""
    found = []
    for split in splits:
        before = (manifest or {}).get(split)
        if isinstance(before, str):
            now = data.content_hash(split)
            if now != before:
                found.append(_other_content(split, before, now))
        elif before is not None and manifest:
            after = data.file_hashes(split)
            trained = manifest["train"] if split != "train" else {}
            if after is not None and (change := _changed_files(split, before, after, trained)):
                found.append(change)
    return found


def _other_content(split: Split, before: str, now: str) -> Change:
    words = (
        f"the {WORDS[split]} images are not those of the run (their hash is {now}, not {before})"
    )
    return Change(split, words, {"hash": now, "hash_of_run": before})


def _changed_files(
    split: Split, before: Files, after: Files, trained: Files | str
) -> Change | None:
    """Return what differs in files; one that is renamed within its class counts as the same."""
    known = Counter((class_of(path), content) for path, content in before.items())
    others = []
    for path, content in after.items():
        if known[class_of(path), content]:
            known[class_of(path), content] -= 1
        else:
            others.append(path)
    replaced = min(sum(path in before for path in others), known.total())
    gone = known.total() - replaced
    if not others and not gone:
        return None
    contents = set() if isinstance(trained, str) else set(trained.values())
    seen = sum(after[path] in contents for path in others)
    counts = {"images": len(after), "new": len(others) - replaced, "replaced": replaced}
    counts |= {"trained_on": seen, "gone": gone}
    return Change(split, _in_words(split, counts), counts)


def _in_words(split: Split, counts: Mapping[str, int]) -> str:
    images, parts = f"of {counts['images']} {WORDS[split]} images", []
    if counts["new"]:
        parts.append(f"{counts['new']} {images} are new")
    if counts["replaced"]:
        parts.append(f"{counts['replaced']} {images} have another content")
    text = " and ".join(parts)
    if parts and split != "train":
        seen = counts["trained_on"] or "none"
        text += f", {seen} of them {'was' if seen in (1, 'none') else 'were'} trained on"
    gone = [f"{counts['gone']} {WORDS[split]} images of the run are gone"] if counts["gone"] else []
    return "; ".join([text, *gone] if text else gone)


def unchanged_images(run: Run, split: Split) -> Images:
    """Return the images of a split as long as they are those that the run had.

    Raises:
        InputError: They are not there, or not those.
    """
    for change in changes(read_manifest(run), run.data, [split]):
        raise InputError(f"in {run.data.root} {change.words}")
    return run.data.images(split)


def has_same_files(run: Run, split: Split) -> bool:
    """Return whether a split of a folder of images still has the run's files in their order."""
    before, after = (read_manifest(run) or {}).get(split), run.data.file_hashes(split)
    if before is None or isinstance(before, str) or after is None:
        return False
    return list(before.items()) == list(after.items())
