"""The page: its parts gathered and put into the template."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml
from bokeh.embed import components
from bokeh.model import Model
from bokeh.resources import Resources
from jinja2 import Environment, PackageLoader, StrictUndefined

from imgcls.answers import Answers
from imgcls.report import charts, numbers

SPLITS = {"train": "training", "val": "validation", "test": "test"}


def page(
    config: Mapping[str, Any],
    result: Mapping[str, Any],
    rows: Sequence[Mapping[str, float]],
    split: str,
    answers: Answers | None,
) -> str:
    """Return a self-contained HTML page.

    Args:
        config: The run's ``config.yaml``.
        result: Its ``result.json``.
        rows: Its ``metrics.csv``.
        split: Which split the answers are of.
        answers: What the net answered; without them the page has no tables of classes.
    """
    figures: dict[str, Model] = {
        "loss": charts.curve(rows, "loss", "loss (nats)", 1),
        "accuracy": charts.curve(rows, "acc", "accuracy (%)", 100),
    }
    facts: dict[str, Any] = {"classes": [], "pairs": []}
    if answers is not None:
        names = list(result[split]["class_accuracy"])
        counts = numbers.confusion(answers, len(names))
        facts = {
            "classes": numbers.class_rows(counts, names),
            "pairs": numbers.confused(counts, names),
        }
        figures["confusion"] = charts.heat_map(counts, names)
        figures["reliability"] = charts.reliability(numbers.confidence_bins(answers))
    script, divisions = components(figures)
    environment = Environment(
        loader=PackageLoader("imgcls.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html.jinja").render(
        result=result,
        config=yaml.safe_dump(dict(config), sort_keys=False),
        scores={name: result[key] for key, name in SPLITS.items() if key in result},
        split=SPLITS[split],
        library=Resources(mode="inline", components=["bokeh"]).render_js(),
        script=script,
        charts=divisions,
        written=f"{datetime.now():%Y-%m-%d %H:%M:%S}",
        **facts,
    )
