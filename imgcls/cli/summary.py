"""What is printed of scores when a command ends."""

from statistics import mean
from typing import Any

from imgcls.runs.run import Run


def after_training(run: Run) -> str:
    """Return what a finished training says: its scores, and what can be done next."""
    return "\n".join(
        [
            summary(run.result, ("train", "val")),
            f"curves     {run.metrics_file}",
            f"dashboard  tensorboard --logdir {run.logs}",
            f"test it    imgcls test --ckpt_path {run}",
        ]
    )


def summary(result: dict[str, Any], splits: tuple[str, ...]) -> str:
    """Return one line a split, for the end of a run."""
    lines = []
    for split in splits:
        if split in result:
            scores = result[split]
            low, high = scores["accuracy_interval"]
            lines.append(
                f"{split:9}  accuracy {scores['accuracy']:.2%} (95 %: {low:.2%} to {high:.2%})  "
                f"top-5 {scores['top5_accuracy']:.2%}  loss {scores['loss']:.4f}  "
                f"{scores['images']:,} images"
            )
    return "\n".join(lines)


def shift_summary(accuracies: dict[str, list[float]]) -> str:
    """Return one line a shift of the test pictures, from its weakest strength to its strongest."""
    return "\n".join(
        f"{name:10} accuracy {mean(reached):.2%} in the mean, from weak to strong "
        f"{' '.join(f'{accuracy:.2%}' for accuracy in reached)}"
        for name, reached in accuracies.items()
    )
