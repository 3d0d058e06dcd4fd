"""A new run that starts from the backbone of a checkpoint, under a new head."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.cli import LightningArgumentParser

from imgcls.errors import InputError, listed
from imgcls.models import Classifier
from imgcls.runs.checkpoints import check_class, data_metadata, read_checkpoint
from imgcls.runs.find import run_of
from imgcls.runs.shared_classes import copy_shared_rows
from imgcls.runs.weight_matching import SHOWN, Matching, State, line


def add_arguments(parser: LightningArgumentParser) -> None:
    """Add what a config or the command line may say of fine-tuning."""
    flag: dict[str, Any] = {"type": bool, "default": False}
    parser.add_argument(
        "--finetune",
        help="start a new run from the backbone of the checkpoint, under a new head",
        **flag,
    )
    parser.add_argument(
        "--copy_shared_classes",
        help="copy the head's rows of classes that both data sets give the same name",
        **flag,
    )
    parser.add_argument(
        "--started_from",
        type=str | None,
        help="written by the command: the checkpoint that the run was fine-tuned from",
    )


def check_new_weights(started_from: str | None, copy_shared_classes: bool) -> None:
    """Refuse a new run with new weights whose config says that it has others.

    Raises:
        InputError: The config is that of a fine-tuned run, or copies rows from nowhere.
    """
    if started_from:
        raise InputError(
            f"the config says started_from: {started_from}, but nothing is loaded: add --finetune "
            "true and --ckpt_path with that checkpoint, or --started_from null for new weights"
        )
    if copy_shared_classes:
        raise InputError(
            "copy_shared_classes is true, but finetune is not, so there is nothing to copy from: "
            "add --finetune true and --ckpt_path, or --copy_shared_classes false"
        )


def load_backbone(
    path: Path, started_from: str, model: Classifier, classes: Sequence[str], copy_shared: bool
) -> dict[str, Any]:
    """Load what matches by name and shape; print what was loaded, skipped and new.

    Args:
        path: The checkpoint.
        started_from: What the run's records call it.
        model: Gets the weights; its head stays new.
        classes: Names of the head's rows.
        copy_shared: Copy the rows of classes that the checkpoint knows by the same name.

    Returns:
        Where the weights come from, in plain types, for ``result.json``.

    Raises:
        InputError: The checkpoint is of another class of model or holds less than half of the
            backbone's parameters, or rows were asked for that cannot be copied.
    """
    content = read_checkpoint(path)
    check_class(content, model, path)
    there, here = content["state_dict"], model.state_dict()
    buffers = {name for name, _ in model.named_buffers()}
    backbone = Matching(_part(there, "backbone"), _part(here, "backbone"), buffers)
    data = data_metadata(content, path)
    _check_half(backbone, data, model, path)
    old, head, shared = _part(there, "head"), _part(here, "head"), list[str]()
    if copy_shared:
        head, shared = copy_shared_rows(old, head, data["classes"], classes)
    model.load_state_dict({**here, **backbone.loaded(), **head})
    metadata = _metadata(content, path, data) | {"loaded_parameters": backbone.count("loaded")}
    print(f"fine-tuning from {started_from} ({data['data']}, {metadata['weights']})")
    print("\n".join(backbone.lines("backbone")))
    print("\n".join(_head_lines(old, head, data["classes"], classes, shared)))
    return {"checkpoint": started_from, **metadata}


def _part(state: State, module: str) -> State:
    return {name: weight for name, weight in state.items() if name.startswith(f"{module}.")}


def _head_lines(
    old: State, new: State, theirs: Sequence[str], ours: Sequence[str], shared: list[str]
) -> Iterator[str]:
    """Yield one line per status: rows of the new head, and those that only the old one has."""
    left = [name for name in theirs if name not in shared]
    fresh = [name for name in ours if name not in shared]
    shapes = ", ".join(f"{name} {tuple(weight.shape)}" for name, weight in old.items())
    for status, head, classes, names, text in (
        ("loaded", new, ours, shared, f"head rows of {listed(shared, SHOWN)}"),
        ("skipped", old, theirs, left, f"the old head's rows of {listed(left, SHOWN)}: {shapes}"),
        ("new", new, ours, fresh, f"head rows of {listed(fresh, SHOWN)}"),
    ):
        if names:
            numbers = sum(weight.numel() for weight in head.values())
            yield line(status, numbers * len(names) // len(classes), text)


def _check_half(backbone: Matching, data: dict[str, Any], model: Classifier, path: Path) -> None:
    total = sum(weight.numel() for weight in model.backbone.parameters())
    if total == 0:
        raise InputError(f"{type(model).__name__}'s backbone has no weights: nothing to start from")
    loaded = backbone.count("loaded")
    if 2 * loaded >= total:
        return
    shapes = (data["image_shape"], model.image_shape)
    there, here = (f"{rows}x{columns}" for _, rows, columns in shapes)
    raise InputError(
        f"only {loaded:,} of the {total:,} parameters of this {type(model).__name__}'s backbone "
        f"are in {path}: {backbone.misfit()}: give the model the options it was trained with"
        + (
            f"; its images were {there}, these are {here}, and a flattened size depends on the "
            f"image size: set data image_size: {data['image_shape'][1]}, or an adaptive pool such "
            "as ConvNet's model.init_args.grid"
            if there != here
            else ""
        )
    )


def _metadata(content: dict[str, Any], path: Path, data: dict[str, Any]) -> dict[str, Any]:
    """Return what the source knows of its weights; its validation accuracy if these were scored."""
    metadata = {"weights": f"{path.stem}, epoch {content['epoch'] + 1}", "data": data["data"]}
    run = run_of(path)
    result = run.result if run else {}
    if run and "val" in result and path == run.folder / result["checkpoint"]:
        metadata["val_accuracy"] = result["val"]["accuracy"]
    return metadata
