"""``imgcls compare``: one table of many runs, grouped by experiment. It needs no torch."""

import argparse
import sys
from pathlib import Path

from imgcls.comparison import ranking
from imgcls.comparison.experiments import group, repeats
from imgcls.comparison.marked_page import fill_marks
from imgcls.comparison.table import comparison_table, read_runs
from imgcls.errors import InputError
from imgcls.runs.ledger import run_folders
from imgcls.tables import WRITERS, terminal_width

MARK = "results"


def run(arguments: list[str]) -> None:
    """Print the table of the named runs, or put it between its marks in a Markdown file.

    Which runs repeat a seed, and so do not count, is printed on standard error.

    Raises:
        InputError: A folder is no finished run, runs of one name differ in more than the seed, a
            flag does not fit the runs or another flag, or the file has no marks.
    """
    options = parser().parse_args(arguments)
    form = options.form or ("markdown" if options.write or options.against else "text")
    if form != "markdown" and (options.write or options.against):
        flag = "--write" if options.write else "--against"
        raise InputError(f"{flag} writes Markdown: leave out --format {form}")
    if options.split == "val" and options.against:
        raise InputError(
            f"{options.against} has test accuracies, --split val compares on validation: leave "
            "one of --against and --split out"
        )
    results = read_runs(run_folders(options.runs))
    experiments = group(results)
    text = comparison_table(results, options.split, options.baseline, form, terminal_width())
    if options.against:
        text += f"\n\n{ranking.ranks(experiments, options.against, whole=bool(options.write))}"
    if options.write is None:
        print(text)
    else:
        fill_marks(options.write, MARK, lambda _: text)
    for line in repeats(experiments):
        print(line, file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments of ``imgcls compare``."""
    about = (
        "One table of many runs, grouped by experiment: mean ± standard deviation over the seeds, "
        "and the standard error of the mean. Of several runs of one seed one counts: a tested one "
        "before others, then the oldest."
    )
    parser = argparse.ArgumentParser(prog="imgcls compare", description=about)
    add = parser.add_argument
    add("runs", nargs="+", type=Path, metavar="RUN", help="run folder")
    add("--split", choices=("test", "val"), default="test", help="which accuracy; default test")
    add("--baseline", metavar="EXPERIMENT", help="add the difference to it; a run folder too")
    add("--format", dest="form", choices=WRITERS, help="default text, as wide as the terminal")
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
