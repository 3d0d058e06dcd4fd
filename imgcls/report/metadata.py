"""The metadata of a run in a report."""

import shlex

from imgcls.plots.curves import SPLITS
from imgcls.runs.ledger import Ledger
from imgcls.runs.run import Run

COMMANDS = ("to train again", "to test")  # entries that are commands


def class_names(run: Run) -> list[str]:
    """Return the names of the run's classes, in the order of their labels."""
    return list(run.result["train"]["class_accuracy"])


def metadata(run: Run) -> dict[str, str]:
    """Return model, data, training, machine and commands of a run, by name."""
    result = run.result
    counts = [f"{result[key]['images']:,} {name}" for key, name in SPLITS.items() if key in result]
    tests = result.get("test_evaluations", 0)
    tested = {0: "not evaluated", 1: "evaluated once"}.get(tests, f"evaluated {tests} times")
    by_all = Ledger(run.logs, run.experiment).count(result.get("test_set"))
    if by_all > tests:
        tested += f", {by_all} times by all runs of {run.experiment}"
    entries = {
        "model": f"{result['model']}, {result['parameters']:,} parameters, "
        f"{result['flops_per_image'] / 1e6:,.1f} MFLOP per image",
        "data": f"{result['data']}, {len(class_names(run))} classes; {', '.join(counts)} "
        f"images; test set {tested}",
        "training": f"{result['epochs']} epochs in {result['train_seconds'] / 60:.1f} minutes, "
        f"seed {result['seed']}",
        "weights": result["weights"],
        "machine": f"{result['device']}; precision {result['precision']}",
        "versions": ", ".join(f"{name} {version}" for name, version in result["versions"].items()),
        "to train again": command(run),
        "to test": shlex.join(["imgcls", "test", "--ckpt_path", str(run)]),
    }
    if source := run.config.get("started_from"):
        entries["training"] += f"; fine-tuned from {source}"
    if commit := result["git_commit"]:
        entries["versions"] += f", git {commit}"
    return entries


def command(run: Run) -> str:
    """Return the command that repeats the training, from the resolved config."""
    words = ["imgcls", "fit", "--config", str(run.config_file)]
    words += ["--name", run.result["experiment"]]
    if source := run.config.get("started_from"):
        words += ["--finetune", "true", "--ckpt_path", str(run.logs / source)]
    return shlex.join(words)
