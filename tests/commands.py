"""The command as tests call it, and what it leaves behind."""

import csv
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from imgcls.cli.lightning_cli import ImgclsCLI


def folder_of(cli: ImgclsCLI) -> Path:
    """Return the folder of the run that a command trained or evaluated."""
    assert cli.run is not None
    return cli.run.folder


Rows = list[dict[str, str]]


class Command(Protocol):
    """`imgcls.main` in a working folder of the test's own."""

    def __call__(self, *arguments: object) -> ImgclsCLI: ...


class Fit(Protocol):
    """``imgcls fit``, by default one epoch of digits_cnn; it returns the run's folder."""

    def __call__(self, *flags: object, config: str = "digits_cnn", epochs: int = 1) -> Path: ...


def weights(run: Path, name: str = "last") -> dict[str, Tensor]:
    content = torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True)
    state: dict[str, Tensor] = content["state_dict"]
    return state


def same_weights(one: Path, other: Path, name: str = "last") -> bool:
    """Tell whether two runs ended with the same weights, to the last bit."""
    ours, theirs = weights(one, name), weights(other, name)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)


def curve(run: Path) -> Rows:
    """Return the rows of metrics.csv without the seconds, which no two runs share."""
    with (run / "metrics.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]
