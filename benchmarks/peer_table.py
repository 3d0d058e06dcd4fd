"""The training time to an accuracy, and its comparison, as Markdown."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from imgcls import Row, Run, markdown, printed

TARGET = 0.6  # accuracy
UNKNOWN = "unknown"


class Measured(NamedTuple):
    """The cost of training with one program.

    Attributes:
        program: The program.
        model: The trained model.
        numbers: Type of the numbers.
        speed: Training images per second.
        images: Training images until the target is reached, None if unknown.
    """

    program: str
    model: str
    numbers: str
    speed: float
    images: float | None

    @property
    def minutes(self) -> float | None:
        """Projected minutes to the target, without validation."""
        return None if self.images is None else self.images / self.speed / 60


def images_to_target(run: Run) -> float | None:
    """Return the training images of a run until its validation accuracy reached the target.

    A run without validation counts as a whole if its test accuracy reaches the target.
    """
    batch_size: int = run.config["data"]["init_args"]["batch_size"]
    curves = run.curves
    for row in curves:
        if row.get("val/acc", 0.0) >= TARGET:
            return (row["step"] + 1) * batch_size
    reached: bool = run.result.get("test", {}).get("accuracy", 0.0) >= TARGET
    return (curves[-1]["step"] + 1) * batch_size if reached else None


def speed_after_first_epoch(run: Run) -> float:
    """Return the training images per second of a run's epochs from the second on."""
    first, *_, last = run.curves
    batch_size: int = run.config["data"]["init_args"]["batch_size"]
    return (last["step"] - first["step"]) * batch_size / (last["seconds"] - first["seconds"])


def median_of_runs(runs: Sequence[Run]) -> float | None:
    """Return the median of `images_to_target`, None without runs or if one misses the target."""
    needed = [images_to_target(run) for run in runs]
    known = [images for images in needed if images is not None]
    return median(known) if known and len(known) == len(needed) else None


def table(ours: Measured, same: Sequence[Measured], peers: Sequence[Measured]) -> str:
    """Return the table with ratios.

    Args:
        ours: Our fast recipe, which comes first.
        same: imgcls with the model of the peers, once with each type of numbers.
        peers: The peers, with the same model and numbers.
    """
    return markdown([_row(ours, same, each) for each in (ours, *same, *peers)])


def faster_peers(ours: Measured, same: Sequence[Measured], peers: Sequence[Measured]) -> str:
    """Return a sentence with the peers that are faster on the same model or at the target."""
    faster = [
        f"{peer.program} in {peer.numbers}"
        for peer in peers
        if peer.speed > _counterpart(same, peer).speed or _sooner(peer, ours)
    ]
    if not faster:
        return "No peer is faster on the same model, or sooner at the target."
    return f"Faster on the same model, or sooner at the target: {', '.join(faster)}."


def _counterpart(same: Sequence[Measured], each: Measured) -> Measured:
    return next(ours for ours in same if ours.numbers == each.numbers)


def _sooner(one: Measured, other: Measured) -> bool:
    return one.minutes is not None and other.minutes is not None and one.minutes < other.minutes


def _row(ours: Measured, same: Sequence[Measured], each: Measured) -> Row:
    minutes, reference = each.minutes, ours.minutes
    sooner = UNKNOWN if minutes is None or reference is None else f"{minutes / reference:.2f}"
    faster = "" if each is ours else f"{_counterpart(same, each).speed / each.speed:.2f}"
    accuracy = f"{TARGET:.0%}"
    texts = {"program": each.program, "model": each.model, "numbers": each.numbers}
    figures = {
        "images/s": f"{each.speed:,.0f}",
        "imgcls on this model is faster by": faster,
        f"images to {accuracy}": UNKNOWN if each.images is None else f"{each.images:,.0f}",
        f"minutes to {accuracy}": UNKNOWN if minutes is None else f"{minutes:,.1f}",
        "our fast recipe is sooner by": sooner,
    }
    return printed(texts, figures)
