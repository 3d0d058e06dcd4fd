"""How much it took to find a recipe."""

from collections.abc import Iterable
from dataclasses import dataclass

from jsonargparse.typing import NonNegativeFloat, NonNegativeInt
from lightning.pytorch.cli import LightningArgumentParser

from imgcls.runs.run import Run


@dataclass
class TuningEffort:
    """What a recipe was tuned with.

    Args:
        trainings: Whose validation accuracies were compared, failed ones too.
        petaflops: Of all of them together; null where they were not counted.
    """

    trainings: NonNegativeInt
    petaflops: NonNegativeFloat | None = None


def add_arguments(parser: LightningArgumentParser) -> None:
    """Add what a config may say of its tuning."""
    parser.add_argument(
        "--tuned_with",
        type=TuningEffort | None,
        default=None,
        help="what the recipe was tuned with; recorded and shown, it changes nothing",
    )


def tuning_line(runs: Iterable[Run | None]) -> str:
    """Return what a config that is chosen among some trainings says of them.

    Args:
        runs: Of the trainings; None for one that failed.
    """
    found = list(runs)
    petaflops = sum(run.result["train_petaflops"] for run in found if run)
    return f"tuned_with: {{trainings: {len(found)}, petaflops: {petaflops:.3g}}}"
