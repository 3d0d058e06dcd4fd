"""One table of many runs, grouped by experiment. It needs no torch."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgcls.comparison import ranking
from imgcls.comparison.experiments import Experiment, group
from imgcls.comparison.marked_page import fill_marks
from imgcls.comparison.rows import experiment_row, weights
from imgcls.errors import InputError
from imgcls.runs.find import CONFIG, read_config, read_result
from imgcls.runs.recipe import shared_recipe
from imgcls.tables import WRITERS

MARK = "results"


def run(arguments: list[str]) -> None:
    """Print the table of the named runs, or put it between its marks in a Markdown file.

    Raises:
        InputError: A folder is no finished run, runs of one name differ in more than the seed, a
            flag does not fit the runs or another flag, or the file has no marks.
    """
    options = _parser().parse_args(arguments)
    if options.form != "markdown" and (options.write or options.against):
        flag = "--write" if options.write else "--against"
        raise InputError(f"{flag} writes Markdown: leave out --format {options.form}")
    if options.split == "val" and options.against:
        raise InputError(
            f"{options.against} has test accuracies, --split val compares on validation: leave "
            "one of --against and --split out"
        )
    results = read_runs(options.runs)
    text = table(results, options.split, options.baseline, options.form)
    if options.against:
        text += f"\n\n{ranking.ranks(group(results), options.against, whole=bool(options.write))}"
    if options.write is None:
        print(text)
    else:
        fill_marks(options.write, MARK, lambda _: text)


def read_runs(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the results of finished runs.

    Returns:
        For each run the content of its ``result.json``, its ``folder``, and as ``recipe`` those of
        its settings that it shares with all runs of its experiment.

    Raises:
        InputError: A folder is no finished run.
    """
    results = []
    for folder in folders:
        result = read_result(folder)
        if "train" not in result:
            raise InputError(f"{folder} has no result.json: give the folder of a finished run")
        if not (folder / CONFIG).is_file():
            raise InputError(f"{folder} has no {CONFIG}: give the whole folder of a finished run")
        recipe = shared_recipe(read_config(folder))
        results.append({**result, "folder": folder, "recipe": recipe})
    return results


def table(
    results: Sequence[dict[str, Any]],
    split: str = "test",
    baseline: str | None = None,
    form: str = "markdown",
) -> str:
    """Return a table with a row an experiment: mean and standard deviation over its runs.

    Args:
        results: What `read_runs` returns, at least one.
        split: ``test`` or ``val``, whose accuracies are shown and compared.
        baseline: Experiment, or folder of one of its runs, that all others on the same data set
            are compared with (see `difference`); its row is the first.
        form: ``markdown``, ``csv`` (accuracies in %) or ``latex`` (with the package booktabs).

    Raises:
        InputError: Runs of one name differ in more than the seed, or the baseline is not there.
    """
    experiments = group(results)
    base = None if baseline is None else _find(baseline, experiments)
    experiments.sort(key=lambda each: each is not base)  # the others keep their order
    with_weights = len({weights(result) for result in results}) > 1
    rows = [experiment_row(each, split, base, with_weights) for each in experiments]
    return WRITERS[form](rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imgcls compare", description=__doc__)
    add = parser.add_argument
    add("runs", nargs="+", type=Path, metavar="RUN", help="run folder")
    add("--split", choices=("test", "val"), default="test", help="which accuracy; default test")
    add("--baseline", metavar="EXPERIMENT", help="add the difference to it; a run folder too")
    add("--format", dest="form", choices=WRITERS, default="markdown", help="default markdown")
    add(
        "--against", metavar="TABLE",
        help=f"add the rank among published results; {', '.join(ranking.SOURCES)}",
    )  # fmt: skip
    add(
        "--write",
        type=Path,
        metavar="FILE",
        help=f"replace what is between '<!-- {MARK}: ... -->' and '<!-- end of {MARK} -->'",
    )
    return parser


def _find(baseline: str, experiments: Sequence[Experiment]) -> Experiment:
    folder = Path(baseline).resolve()
    found = [each for each in experiments if each.name == baseline]
    for each in experiments:
        if any(Path(run["folder"]).resolve() == folder for run in each.runs):
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
