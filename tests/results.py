"""Made results of runs, as `imgcls.comparison.table.read_runs` returns them."""

from pathlib import Path
from typing import Any


def accuracy(share: float) -> dict[str, Any]:
    """Return the scores of a split."""
    return {"accuracy": share, "accuracy_interval": [share - 0.01, share + 0.02]}


def result(seed: int, test: float | None, **changes: Any) -> dict[str, Any]:
    """Return the result of a run of digits_cnn; ``test`` is its accuracy there, None for no test.

    Seed 2 took twice as long as seed 1, and so on.
    """
    scores = {
        name: accuracy(share)
        for name, share in (("train", 0.95), ("val", 0.85), ("test", test))
        if share is not None
    }
    facts = {
        "experiment": "digits_cnn", "model": "SmallCNN", "data": "Digits", "seed": seed,
        "parameters": 69866, "flops_per_image": 1_004_800, "epochs": 30, "train_seconds": 60 * seed,
        "device": "a processor", "precision": "32-true", "weights": "best, epoch 12",
        "folder": Path(f"version_{seed}"),
    }  # fmt: skip
    return {**facts, **scores, **changes}
