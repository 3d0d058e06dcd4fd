"""How long training takes to an accuracy, and how that compares: numbers in, Markdown out."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from imgcls.runs import read_config, read_curves, read_result
from imgcls.tables import Cell, markdown

TARGET = 0.6  # accuracy
UNKNOWN = "not known"


class Measured(NamedTuple):
    """What training by one program costs.

    Attributes:
        program: Who trains.
        net: What is trained.
        numbers: Their type.
        speed: Training pictures per second.
        pictures: To train on until the target is reached, None where that is not known.
    """

    program: str
    net: str
    numbers: str
    speed: float
    pictures: float | None

    @property
    def minutes(self) -> float | None:
        """Projected minutes to the target, validation left out."""
        return None if self.pictures is None else self.pictures / self.speed / 60


def pictures_to_target(run: Path) -> float | None:
    """Return how many pictures a run trained on until its validation accuracy reached the target.

    A run without validation counts whole if its test accuracy is that high.
    """
    batch_size: int = read_config(run)["data"]["init_args"]["batch_size"]
    curves = read_curves(run)
    for row in curves:
        if row.get("val/acc", 0.0) >= TARGET:
            return (row["step"] + 1) * batch_size
    reached: bool = read_result(run).get("test", {}).get("accuracy", 0.0) >= TARGET
    return (curves[-1]["step"] + 1) * batch_size if reached else None


def median_of_runs(runs: Sequence[Path]) -> float | None:
    """Return the median of `pictures_to_target`, None without runs or where one falls short."""
    needed = [pictures_to_target(run) for run in runs]
    known = [pictures for pictures in needed if pictures is not None]
    return median(known) if known and len(known) == len(needed) else None


def table(ours: Measured, peers: Sequence[Measured]) -> str:
    """Return the table with ratios, ours first."""
    return markdown([_row(ours, each) for each in (ours, *peers)])


def faster_peers(ours: Measured, peers: Sequence[Measured]) -> str:
    """Return a sentence that names who trains on more pictures per second or is sooner, if any."""
    quicker = [peer for peer in peers if peer.speed > ours.speed or _sooner(peer, ours)]
    if not quicker:
        return "No peer is faster."
    names = ", ".join(f"{peer.program} in {peer.numbers}" for peer in quicker)
    return f"Faster than imgcls in pictures/s or minutes: {names}."


def _sooner(one: Measured, other: Measured) -> bool:
    return one.minutes is not None and other.minutes is not None and one.minutes < other.minutes


def _row(ours: Measured, each: Measured) -> dict[str, Cell]:
    minutes, reference = each.minutes, ours.minutes
    sooner = UNKNOWN if minutes is None or reference is None else f"{minutes / reference:.2f}"
    accuracy = f"{TARGET:.0%}"
    texts = {"program": each.program, "net": each.net, "numbers": each.numbers}
    figures = {
        "pictures/s": f"{each.speed:,.0f}",
        "imgcls is faster by": f"{ours.speed / each.speed:.2f}",
        f"pictures to {accuracy}": UNKNOWN if each.pictures is None else f"{each.pictures:,.0f}",
        f"minutes to {accuracy}": UNKNOWN if minutes is None else f"{minutes:,.1f}",
        "imgcls is sooner by": sooner,
    }
    return {
        **{head: Cell(text, {head: text}) for head, text in texts.items()},
        **{head: Cell(text, {}) for head, text in figures.items()},
    }
