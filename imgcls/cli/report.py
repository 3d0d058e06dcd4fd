"""``imgcls report``: runs read back and written as pages."""

import argparse
from pathlib import Path

from imgcls.errors import InputError
from imgcls.runs.find import CONFIG, METRICS, read_result, write_whole

PAGE, PRINT = "report.html", "report.pdf"


def run(arguments: list[str]) -> None:
    """Write ``report.html``, and ``report.pdf`` if asked to, into the folder of each named run.

    Args:
        arguments: What follows ``imgcls report``.

    Raises:
        InputError: A folder is no finished run.
    """
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
    options = parser.parse_args(arguments)
    for folder in options.runs:
        _check_finished(folder)
    for folder in options.runs:
        _report(folder, options.pdf)


def _check_finished(folder: Path) -> None:
    for name in (CONFIG, METRICS):
        if not (folder / name).is_file():
            raise InputError(f"{folder} has no {name}: give the folder of a finished run")
    if "train" not in read_result(folder):
        raise InputError(
            f"{folder} has no result: finish it with 'imgcls fit --ckpt_path {folder}'"
        )


def _report(folder: Path, pdf: bool) -> None:
    from imgcls.report.findings import find
    from imgcls.report.page import page
    from imgcls.report.pdf import document
    from imgcls.runs.run import FinishedRun  # takes seconds to import, like the rest

    finished = FinishedRun(folder)
    found = find(finished)
    for sentence in found.notes:
        print(sentence)
    contents: dict[str, str | bytes] = {PAGE: page(finished, found)}
    if pdf:
        contents[PRINT] = document(finished, found)
    for name, content in contents.items():
        write_whole(folder / name, content)
        print(f"report     {folder / name} ({len(content) / 2**20:.1f} MB)")
