"""What is printed of scores when a command ends."""

from pathlib import Path
from statistics import mean
from typing import Any

from imgcls.runs.run import Run


def after_training(run: Run) -> str:
    """Return what a finished training says: its scores, and what can be done next."""
    folder = shown(run.folder)
    return "\n".join(
        [
            summary(run.result, ("train", "val")),
            f"curves     {shown(run.curves_file)}",
            f"dashboard  tensorboard --logdir {shown(run.logs)}",
            f"test       imgcls test --ckpt_path {folder}",
            f"report     imgcls report {folder}",
            f"predict    imgcls predict --ckpt_path {folder} --images PATH",
        ]
    )


def shown(path: Path) -> Path:
    """Return a path as short as it works here: relative where it lies below this folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def summary(result: dict[str, Any], splits: tuple[str, ...]) -> str:
    """Return one line a split, for the end of a run."""
    lines = []
    for split in splits:
        if split in result:
            scores = result[split]
            low, high = scores["accuracy_interval"]
            lines.append(
                f"{split:9}  accuracy {scores['accuracy']:.2%} (95 %: {low:.2%} to {high:.2%})  "
                f"top-5 {scores['top5_accuracy']:.2%}  loss {scores['loss']:.4f}"
            )
    return "\n".join(lines)


def corruption_summary(accuracies: dict[str, list[float]]) -> str:
    """Return one line per corruption of the test images, from lowest to highest severity."""
    return "\n".join(
        f"{name:10} mean accuracy {mean(reached):.2%}, by rising severity "
        f"{' '.join(f'{accuracy:.2%}' for accuracy in reached)}"
        for name, reached in accuracies.items()
    )
