"""Where experiments stand among published results. It needs no torch."""

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
NEAREST = 3  # published rows that are shown below an accuracy, unless all are asked for


class Published(NamedTuple):
    """A published classifier, its parameters, and its test accuracy in %."""

    classifier: str
    parameters: str
    accuracy: float


def ranks(experiments: Sequence[Experiment], table: str, whole: bool = False) -> str:
    """Return for each experiment which published rows it is above and which beat it, as Markdown.

    Published accuracies have one decimal of a percent, so a mean test accuracy is rounded to that
    before it is compared: what is equal then is a tie.

    Args:
        experiments: Whose test accuracies are ranked.
        table: One of `SOURCES`.
        whole: Show all rows below an experiment too, not the nearest alone.

    Raises:
        InputError: There is no such table, or it does not have the data set of an experiment.
    """
    if table not in SOURCES:
        raise InputError(f"there is no published table {table!r}; shipped: {', '.join(SOURCES)}")
    parts = [f"Test accuracies beside {SOURCES[table]}, at its precision of 0.1 %:"]
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
            parts.append(f"{name}: not tested, so without a rank")
    return "\n\n".join(parts)


def _rank(name: str, accuracy: float, published: list[Published], whole: bool) -> str:
    place = round(accuracy, 1)
    above = [row for row in published if row.accuracy > place]
    level = [row for row in published if row.accuracy == place]
    below = [row for row in published if row.accuracy < place]
    count = "all" if len(below) == len(published) else f"{len(below)} of"
    ties = f"; a tie with {len(level)}" if level else ""
    beaten = f"; beaten by {len(above)}" if above else ""
    shown = below if whole else below[:NEAREST]
    ours = Published(name, "", place)
    groups = {"above it": above, "a tie": level, "this one": [ours], "below it": shown}
    table = markdown([_row(place, row) for place, rows in groups.items() for row in rows])
    hidden = len(below) - len(shown)
    more = f"\n\nand {hidden} more below it, which --write lists too" if hidden else ""
    return (
        f"{accuracy:.2f} % is above {count} {len(published)} published rows{ties}{beaten}:"
        f"\n\n{table}{more}"
    )


def published(table: str, data: str) -> list[Published]:
    """Return a table's rows on a data set, ``FashionMNIST`` or ``MNIST``, the best first."""
    column = COLUMNS[data]
    with files("imgcls.comparison.published").joinpath(f"{table}.csv").open() as file:
        rows = [
            Published(row["classifier"], row["parameters"], round(100 * float(row[column]), 1))
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda row: row.accuracy, reverse=True)


def _row(place: str, row: Published) -> Row:
    return {
        "published": Cell(place, {"place": place}),
        "classifier": Cell(row.classifier, {"classifier": row.classifier}),
        "parameters": Cell(row.parameters, {"parameters": row.parameters}),
        "accuracy": Cell(f"{row.accuracy:.1f} %", {"accuracy": row.accuracy}),
    }
