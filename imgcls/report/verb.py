"""The verb: a run read back and written as a page."""

import argparse
from pathlib import Path

from imgcls.answers import read_answers
from imgcls.errors import InputError
from imgcls.report.page import page
from imgcls.runs import CONFIG, METRICS, read_config, read_curves, read_result, write_whole

PAGE = "report.html"


def run(arguments: list[str]) -> None:
    """Write ``report.html`` into the folder of each named run.

    Args:
        arguments: What follows ``imgcls report``.

    Raises:
        InputError: A folder is no finished run.
    """
    parser = argparse.ArgumentParser(prog="imgcls report", description=__doc__)
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="folder of a finished run"
    )
    for folder in parser.parse_args(arguments).runs:
        for name in (CONFIG, METRICS):
            if not (folder / name).is_file():
                raise InputError(f"{folder} has no {name}: give the folder of a finished run")
        result = read_result(folder)
        if "train" not in result:
            raise InputError(
                f"{folder} has no result: finish it with 'imgcls fit --ckpt_path {folder}'"
            )
        split = "test" if read_answers(folder, "test") else "val"
        answers = read_answers(folder, split)
        text = page(read_config(folder), result, read_curves(folder), split, answers)
        write_whole(folder / PAGE, text)
        print(f"report     {folder / PAGE} ({len(text) / 2**20:.1f} MB)")
