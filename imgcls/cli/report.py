"""``imgcls report``: runs read back and written as pages."""

import argparse
from pathlib import Path

from imgcls.errors import InputError
from imgcls.files import write_whole
from imgcls.runs.ledger import run_folders
from imgcls.runs.run import Run

PAGE, PRINT = "report.html", "report.pdf"


def run(arguments: list[str]) -> None:
    """Write ``report.html``, and ``report.pdf`` if asked to, into the folder of each named run.

    Args:
        arguments: What follows ``imgcls report``.

    Raises:
        InputError: A folder is no finished run.
    """
    options = parser().parse_args(arguments)
    runs = [Run(folder) for folder in run_folders(options.runs)]
    for each in runs:
        _check_finished(each)
    for each in runs:
        _report(each, options.pdf)


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments of ``imgcls report``."""
    parser = argparse.ArgumentParser(
        prog="imgcls report", description=f"Write {PAGE} into the folder of each run."
    )
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="folder of a finished run"
    )
    parser.add_argument(
        "--pdf",
        action="store_true",
        help=f"write {PRINT} too: A4 pages, a large matrix on A3, with $IMGCLS_AUTHOR on each",
    )
    return parser


def _check_finished(run: Run) -> None:
    for file in (run.config_file, run.metrics_file):
        if not file.is_file():
            raise InputError(f"{run} has no {file.name}: give the folder of a finished run")
    if not run.is_finished:
        raise InputError(f"{run} has no result: finish it with 'imgcls fit --ckpt_path {run}'")


def _report(run: Run, pdf: bool) -> None:
    from imgcls.report.findings import find  # takes seconds to import, like the rest
    from imgcls.report.page import page
    from imgcls.report.pdf import document

    found = find(run)
    for sentence in found.notes:
        print(sentence)
    contents: dict[str, str | bytes] = {PAGE: page(run, found)}
    if pdf:
        contents[PRINT] = document(run, found)
    for name, content in contents.items():
        write_whole(run.folder / name, content)
        print(f"report     {run.folder / name} ({len(content) / 2**20:.1f} MB)")
