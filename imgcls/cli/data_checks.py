"""Whether the images are those of the run, and whether every class has some."""

from collections.abc import Sequence
from typing import Any

from imgcls.batch import Split
from imgcls.cli.arguments import Request
from imgcls.data import ImageDataModule, ImageFolder
from imgcls.data.metadata import class_difference
from imgcls.data.missing_classes import missing_classes, without_images
from imgcls.data.shared_files import shared_files
from imgcls.errors import InputError, listed
from imgcls.runs.run import Run
from imgcls.runs.split_manifest import Change, changes, follow, read_manifest


def check_data(request: Request, data: ImageDataModule, config: Any) -> dict[str, Any]:
    """Prepare the images; see that those that matter to the verb are those of the run.

    Args:
        request: What the user asks for; its run, if any, is compared with.
        data: The data.
        config: Of the verb, resolved.

    Returns:
        What ``result.json`` says of the differences, nothing where there are none.

    Raises:
        InputError: The images are others or are not there, or a class has none.
    """
    verb, run, allow_changed = request.verb, request.run, config.allow_changed_data
    data.allow_missing_classes = config.allow_missing_classes
    manifest = read_manifest(run) if run else None
    follow(data, manifest)
    changed: dict[str, Any] = {}
    if isinstance(data, ImageFolder):  # whose files are compared sooner than they are decoded
        if new := _new_classes(data, allow_changed):
            changed["new_classes"] = new
        if run and not manifest:
            print(f"{run} has no {run.split_file.name}: it is not known what it was trained on")
    else:
        data.prepare_data()
    found = changes(manifest, data, splits_of(verb, data))
    _refuse(found, run, allow_changed)
    if isinstance(data, ImageFolder):
        data.prepare_data()
    check_classes(verb, data)
    changed |= {each.split: dict(each.counts) for each in found}
    return {"changed_data": changed} if changed else {}


def splits_of(verb: str, data: ImageDataModule) -> list[Split]:
    """Return the splits that a verb learns from or scores."""
    if verb == "test":
        return ["test"]
    scored: list[Split] = [data.validate_on]
    return scored if verb == "validate" else ["train", *scored]


def _new_classes(data: ImageFolder, allow_changed: bool) -> list[str]:
    """Return the classes that a folder has gained since the run, whose images are left out.

    Raises:
        InputError: There are such classes and may not be, or one of the run's is gone.
    """
    ours, theirs = data.classes, data.official_classes
    if not data.takes_all_classes or list(ours) == list(theirs):
        return []
    words = class_difference(data.state_dict(), theirs, type(data).__name__)
    if not set(ours) <= set(theirs):
        raise InputError(words)
    if not allow_changed:
        raise InputError(f"{words}; --allow_changed_data true leaves the images of new classes out")
    new = [name for name in theirs if name not in ours]
    print(f"changed data: new classes are left out: {listed(new)}", flush=True)
    return new


def _refuse(found: Sequence[Change], run: Run | None, allow_changed: bool) -> None:
    words = "; ".join(change.words for change in found)
    if words and not allow_changed:
        raise InputError(
            f"{words}: give the data that {run} was trained on, or add --allow_changed_data true, "
            "which is recorded"
        )
    if words:
        print(f"changed data: {words}", flush=True)


def check_classes(verb: str, data: ImageDataModule) -> None:
    """See that each class has images in the splits that are scored.

    Raises:
        InputError: One has none.
    """
    if data.allow_missing_classes:
        return
    splits: list[Split] = ["val", "test"] if verb == "fit" else splits_of(verb, data)
    for split in splits:
        if split == "val" and not data.validates:
            continue
        if missing := missing_classes(data.images(split), data.classes):
            words = {"val": "validation", "test": "test"}[split]
            raise InputError(without_images(missing, f"the {words} split"))


def report_data(data: ImageDataModule) -> None:
    """Print how a folder of images is divided, and which images stand in two of its splits."""
    if isinstance(data, ImageFolder):
        print(data.splits_in_words)
        if shared := shared_files(data):
            print(
                f"warning: {shared}: scores on images that were trained on say nothing of new "
                f"ones; 'imgcls data {data.root}' names them"
            )
