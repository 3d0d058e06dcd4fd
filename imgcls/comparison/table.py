"""One table of many runs, grouped by experiment. It needs no torch."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from imgcls.comparison.experiments import Experiment, group
from imgcls.comparison.rows import HEADINGS, experiment_row, weights
from imgcls.errors import InputError
from imgcls.runs.find import load_run
from imgcls.runs.ledger import Ledger
from imgcls.runs.recipe import shared_recipe
from imgcls.tables import WRITERS, aligned

MATTERS = (  # after name and accuracy, for a narrow terminal
    "difference", "seeds", "evaluations", "time", "standard error", "parameters", "train accuracy",
    "epochs", "tuned with",
)  # fmt: skip


def read_runs(folders: Sequence[str | PathLike[str]]) -> list[dict[str, Any]]:
    """Return the results of finished runs.

    Returns:
        For each run the content of its ``result.json``, its ``folder``, as ``recipe`` the settings
        that all runs of its experiment share, and as ``evaluations`` the number of evaluations of
        its test set in the ledger of its experiment.

    Raises:
        InputError: A folder is not a finished run.
    """
    runs = [load_run(folder) for folder in folders]
    return [
        {
            **run.result,
            "folder": run.folder,
            "recipe": shared_recipe(run.config),
            "evaluations": Ledger(run.logs, run.experiment).count(run.result.get("test_set")),
        }
        for run in runs
    ]


def comparison_table(
    results: Sequence[dict[str, Any]],
    split: str = "test",
    baseline: str | None = None,
    form: str = "markdown",
    width: int | None = None,
) -> str:
    """Return a table with one row per experiment: mean ± standard deviation over its seeds.

    Of several runs with one seed only one counts (see `imgcls.comparison.experiments.group`).

    Args:
        results: Results of `read_runs`, at least one.
        split: Split whose accuracies are shown and compared, ``test`` or ``val``.
        baseline: Experiment, or folder of one of its runs, with which all others on the same data
            set are compared (see `difference`); its row is the first.
        form: ``text``, ``markdown``, ``csv`` (accuracies in %) or ``latex`` (with the package
            booktabs).
        width: Characters in a line of ``text``; the least important columns are left out.

    Raises:
        InputError: Runs with one name differ in more than the seed, or there is no such baseline.
    """
    experiments = group(results)
    base = None if baseline is None else _find(baseline, experiments)
    experiments.sort(key=lambda each: each is not base)  # the others keep their order
    with_weights = len({weights(run) for each in experiments for run in each.runs}) > 1
    rows = [experiment_row(each, split, base, with_weights) for each in experiments]
    if form == "text":
        return aligned(rows, width, ("experiment", HEADINGS[split], *MATTERS))
    return WRITERS[form](rows)


def _find(baseline: str, experiments: Sequence[Experiment]) -> Experiment:
    folder = Path(baseline).resolve()
    found = [each for each in experiments if each.name == baseline]
    for each in experiments:
        runs = [*each.runs, *each.left_out]
        if any(Path(run["folder"]).resolve() == folder for run in runs):
            found = [each]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f"--baseline {baseline} means two: some of its runs saw the test set in training, some "
            "did not; give the folder of one of those that you mean"
        )
    names = dict.fromkeys(each.name for each in experiments)
    raise InputError(f"--baseline {baseline} is not among the runs; there are: {', '.join(names)}")
