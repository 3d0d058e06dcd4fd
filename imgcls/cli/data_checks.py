"""Whether the images are those of the run, and whether every class has some."""

from collections.abc import Sequence
from typing import Any

from imgcls.batch import Split
from imgcls.cli.arguments import Request
from imgcls.data import ImageDataModule, ImageFolder
from imgcls.data.missing_classes import missing_classes, without_images
from imgcls.data.shared_files import shared_files
from imgcls.errors import InputError
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
    if isinstance(data, ImageFolder):  # whose files are compared sooner than they are decoded
        _check_folder(data, run, allow_changed)
    else:
        data.prepare_data()
    found = changes(manifest, data, splits_of(verb, data))
    _refuse(found, run, allow_changed)
    if isinstance(data, ImageFolder):
        data.prepare_data()
    check_classes(verb, data)
    return {"changed_data": {each.split: dict(each.counts) for each in found}} if found else {}


def splits_of(verb: str, data: ImageDataModule) -> list[Split]:
    """Return the splits that a verb learns from or scores."""
    if verb == "test":
        return ["test"]
    scored: list[Split] = [data.validate_on]
    return scored if verb == "validate" else ["train", *scored]


def _check_folder(data: ImageFolder, run: Run | None, allow_changed: bool) -> None:
    """See that a folder of images has the classes of the run."""
    _ = data.official_classes  # an error here is another one
    try:
        data.check_same_classes()
    except InputError as error:
        if not allow_changed:
            more = "--allow_changed_data true leaves the images of other classes out"
            raise InputError(f"{error}; {more}") from error
        print(f"changed data: {str(error).partition(': give')[0]}", flush=True)
    if run and not run.split_file.is_file():
        print(
            f"{run} has no {run.split_file.name}, so that {data.root} is compared with nothing: "
            "images that it was trained on may be among those that are scored",
            flush=True,
        )


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
