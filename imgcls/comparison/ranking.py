"""The rank of experiments among published results. It needs no torch."""

import csv
from collections.abc import Sequence
from importlib.resources import files
from statistics import mean
from typing import NamedTuple

from imgcls.comparison.experiments import Experiment
from imgcls.errors import InputError
from imgcls.tables import Cell, Row, markdown

SOURCES = {
    "fashion_mnist_table3": "Table 3 of Xiao, Rasul, Vollgraf, 'Fashion-MNIST', 2017, "
    "arXiv:1708.07747",
}
COLUMNS = {"FashionMNIST": "fashion_mnist_accuracy", "MNIST": "mnist_accuracy"}  # by data set
NEAREST = 3  # published rows shown below an accuracy, unless all are requested


class Published(NamedTuple):
    """A published classifier, its parameters, and its test accuracy in %."""

    classifier: str
    parameters: str
    accuracy: float


def ranks(experiments: Sequence[Experiment], table: str, whole: bool = False) -> str:
    """Return the published rows above and below each experiment, as Markdown.

    Published accuracies have one decimal of a percent, so a mean test accuracy is rounded to one
    decimal before the comparison; equal values are a tie.

    Args:
        experiments: Experiments whose test accuracies are ranked.
        table: One of `SOURCES`.
        whole: Whether to show all rows below an experiment, not only the nearest.

    Raises:
        InputError: There is no such table, or it lacks the data set of an experiment.
    """
    if table not in SOURCES:
        raise InputError(f"there is no published table {table!r}; shipped: {', '.join(SOURCES)}")
    parts = [f"Test accuracies compared with {SOURCES[table]}, at its precision of 0.1 %:"]
    for experiment in experiments:
        if experiment.data not in COLUMNS:
            raise InputError(
                f"{table} has accuracies on {' and '.join(COLUMNS)}, but {experiment.name} was "
                f"trained on {experiment.data}: compare it without --against"
            )
        rows = published(table, experiment.data)
        accuracies = experiment.accuracies("test")
        name = experiment.name + (" (seen in training)" if experiment.seen_in_training else "")
        if accuracies:
            parts.append(f"{name}: {_rank(name, mean(accuracies), rows, whole)}")
        else:
            parts.append(f"{name}: not tested, so it has no rank")
    return "\n\n".join(parts)


def _rank(name: str, accuracy: float, published: list[Published], whole: bool) -> str:
    rounded = round(accuracy, 1)
    above = [row for row in published if row.accuracy > rounded]
    level = [row for row in published if row.accuracy == rounded]
    below = [row for row in published if row.accuracy < rounded]
    count = "all" if len(below) == len(published) else f"{len(below)} of"
    ties = f"; a tie with {len(level)}" if level else ""
    beaten = f"; beaten by {len(above)}" if above else ""
    shown = below if whole else below[:NEAREST]
    ours = Published(name, "", rounded)
    groups = {"above it": above, "a tie": level, "this one": [ours], "below it": shown}
    table = markdown([_row(rank, row) for rank, rows in groups.items() for row in rows])
    hidden = len(below) - len(shown)
    more = f"\n\nand {hidden} more below it, which --write lists too" if hidden else ""
    return (
        f"{accuracy:.2f} % is above {count} {len(published)} published rows{ties}{beaten}:"
        f"\n\n{table}{more}"
    )


def published(table: str, data: str) -> list[Published]:
    """Return a table's rows on a data set, ``FashionMNIST`` or ``MNIST``, the best first."""
    column = COLUMNS[data]
    with (
        files("imgcls.comparison.published").joinpath(f"{table}.csv").open(encoding="utf-8") as file
    ):
        rows = [
            Published(row["classifier"], row["parameters"], round(100 * float(row[column]), 1))
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda row: row.accuracy, reverse=True)


def _row(rank: str, row: Published) -> Row:
    return {
        "published": Cell(rank, {"place": rank}),
        "classifier": Cell(row.classifier, {"classifier": row.classifier}),
        "parameters": Cell(row.parameters, {"parameters": row.parameters}),
        "accuracy": Cell(f"{row.accuracy:.1f} %", {"accuracy": row.accuracy}),
    }
