"""One table of many runs, grouped by experiment. It needs no torch."""

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from imgcls.errors import InputError
from imgcls.runs import read_result, write_whole

BEGIN, END = "<!-- results: written by imgcls compare -->", "<!-- end of results -->"
HEADER = (
    "| experiment | model | data | test accuracy | train accuracy | seeds | parameters "
    "| MFLOP a picture | epochs | minutes | device |\n"
    "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
)


def run(arguments: list[str]) -> None:
    """Print the table of the named runs, or put it between its marks in a Markdown file.

    Raises:
        InputError: A folder is no finished run, or the file has no marks.
    """
    parser = argparse.ArgumentParser(prog="imgcls compare", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folder")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help=f"replace what is between '{BEGIN}' and '{END}'"
    )
    options = parser.parse_args(arguments)
    text = table([_finished(folder) for folder in options.runs])
    if options.write is None:
        print(text)
    else:
        _write_between_marks(options.write, text)


def table(results: list[dict[str, Any]]) -> str:
    """Return a Markdown table with a row an experiment: mean and standard deviation over seeds."""
    groups = defaultdict(list)
    for result in results:
        groups[result["experiment"]].append(result)
    return "\n".join([HEADER, *(_row(groups[name]) for name in sorted(groups))])


def _row(results: list[dict[str, Any]]) -> str:
    first = results[0]
    minutes = mean(result["train_seconds"] for result in results) / 60
    cells = [
        first["experiment"],
        first["model"],
        first["data"],
        _accuracy(results, "test"),
        _accuracy(results, "train"),
        str(len({result["seed"] for result in results})),
        f"{first['parameters']:,}",
        f"{first['flops_per_image'] / 1e6:.1f}",
        str(first["epochs"]),
        f"{minutes:.1f}",
        f"{first['device']}, {first['precision']}",
    ]
    return "| " + " | ".join(cells) + " |"


def _accuracy(results: list[dict[str, Any]], split: str) -> str:
    scores = [result[split] for result in results if split in result]
    if not scores:
        return "not tested" if split == "test" else "-"
    accuracies = [100 * score["accuracy"] for score in scores]
    if len(accuracies) > 1:
        return f"{mean(accuracies):.2f} ± {stdev(accuracies):.2f} %"
    low, high = (100 * end for end in scores[0]["accuracy_interval"])
    return f"{accuracies[0]:.2f} % ({low:.1f} to {high:.1f})"


def _finished(folder: Path) -> dict[str, Any]:
    result = read_result(folder)
    if not result:
        raise InputError(f"{folder} has no result.json: give the folder of a finished run")
    return result


def _write_between_marks(path: Path, text: str) -> None:
    page = path.read_text() if path.is_file() else ""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InputError(f"{path} has no '{BEGIN}' before an '{END}': add both lines to it")
    write_whole(path, f"{before}{BEGIN}\n{text}\n{END}{after}")
