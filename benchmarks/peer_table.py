"""How long training takes to an accuracy, and how that compares: numbers in, Markdown out."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from imgcls import Row, Run, markdown, printed

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


def pictures_to_target(run: Run) -> float | None:
    """Return how many pictures a run trained on until its validation accuracy reached the target.

    A run without validation counts whole if its test accuracy is that high.
    """
    batch_size: int = run.config["data"]["init_args"]["batch_size"]
    curves = run.curves
    for row in curves:
        if row.get("val/acc", 0.0) >= TARGET:
            return (row["step"] + 1) * batch_size
    reached: bool = run.result.get("test", {}).get("accuracy", 0.0) >= TARGET
    return (curves[-1]["step"] + 1) * batch_size if reached else None


def speed_after_first_epoch(run: Run) -> float:
    """Return the training pictures per second of a run's epochs from the second on."""
    first, *_, last = run.curves
    batch_size: int = run.config["data"]["init_args"]["batch_size"]
    return (last["step"] - first["step"]) * batch_size / (last["seconds"] - first["seconds"])


def median_of_runs(runs: Sequence[Run]) -> float | None:
    """Return the median of `pictures_to_target`, None without runs or where one falls short."""
    needed = [pictures_to_target(run) for run in runs]
    known = [pictures for pictures in needed if pictures is not None]
    return median(known) if known and len(known) == len(needed) else None


def table(ours: Measured, same: Sequence[Measured], peers: Sequence[Measured]) -> str:
    """Return the table with ratios.

    Args:
        ours: Our quick recipe, which comes first.
        same: We with the net of the peers, once with each type of numbers.
        peers: What they are compared with, on the same net and numbers.
    """
    return markdown([_row(ours, same, each) for each in (ours, *same, *peers)])


def faster_peers(ours: Measured, same: Sequence[Measured], peers: Sequence[Measured]) -> str:
    """Return a sentence that names who is faster on the same net, or sooner, if any."""
    quicker = [
        f"{peer.program} in {peer.numbers}"
        for peer in peers
        if peer.speed > _counterpart(same, peer).speed or _sooner(peer, ours)
    ]
    if not quicker:
        return "No peer is faster on the same net, nor sooner there."
    return f"Faster on the same net, or sooner there: {', '.join(quicker)}."


def _counterpart(same: Sequence[Measured], each: Measured) -> Measured:
    return next(ours for ours in same if ours.numbers == each.numbers)


def _sooner(one: Measured, other: Measured) -> bool:
    return one.minutes is not None and other.minutes is not None and one.minutes < other.minutes


def _row(ours: Measured, same: Sequence[Measured], each: Measured) -> Row:
    minutes, reference = each.minutes, ours.minutes
    sooner = UNKNOWN if minutes is None or reference is None else f"{minutes / reference:.2f}"
    faster = "" if each is ours else f"{_counterpart(same, each).speed / each.speed:.2f}"
    accuracy = f"{TARGET:.0%}"
    texts = {"program": each.program, "net": each.net, "numbers": each.numbers}
    figures = {
        "pictures/s": f"{each.speed:,.0f}",
        "imgcls on this net is faster by": faster,
        f"pictures to {accuracy}": UNKNOWN if each.pictures is None else f"{each.pictures:,.0f}",
        f"minutes to {accuracy}": UNKNOWN if minutes is None else f"{minutes:,.1f}",
        "our quick recipe is sooner by": sooner,
    }
    return printed(texts, figures)
