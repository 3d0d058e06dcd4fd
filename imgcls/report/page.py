"""The page: its parts gathered and put into the template."""

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import yaml
from bokeh.embed import components
from bokeh.model import Model
from bokeh.resources import Resources
from jinja2 import Environment, PackageLoader, StrictUndefined

from imgcls.answers import Answers
from imgcls.data.images import Images
from imgcls.finished_run import FinishedRun
from imgcls.plots.curves import SPLITS
from imgcls.report import charts, numbers
from imgcls.report.facts import class_names, facts
from imgcls.report.feature_chart import feature_chart, kinds, sprite_style
from imgcls.report.findings import Findings
from imgcls.report.first_layers import layer_figures
from imgcls.report.highest_losses import hardest
from imgcls.report.pictures import figure_uri, sprite_sheet, thumbnail


class HardPicture(NamedTuple):
    """A picture as data URI, what it is, what it was taken for and how probably, and its loss."""

    uri: str
    true: str
    answered: str
    probability: float
    loss: float


class Parts(NamedTuple):
    """Charts by name, and what else the template takes."""

    charts: dict[str, Model]
    values: dict[str, Any]


def page(run: FinishedRun, found: Findings) -> str:
    """Return a self-contained HTML page of a run."""
    result, names = run.result, class_names(run)
    parts = [_training(run), _answered(run, found, names), _features(found, names)]
    script, divisions = components(
        {key: chart for part in parts for key, chart in part.charts.items()}
    )
    layers = layer_figures(found.filters, found.activations, names)
    environment = Environment(
        loader=PackageLoader("imgcls.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html.jinja").render(
        result=result,
        scores={name: result[key] for key, name in SPLITS.items() if key in result},
        facts=facts(run),
        notes=found.notes,
        config=yaml.safe_dump(run.config, sort_keys=False),
        split=SPLITS[found.split],
        layers=[(text, figure_uri(figure)) for text, figure in layers],
        library=Resources(mode="inline", components=["bokeh"]).render_js(),
        script=script,
        charts=divisions,
        written=f"{datetime.now():%Y-%m-%d %H:%M:%S}",
        **{key: value for part in parts for key, value in part.values.items()},
    )


def _training(run: FinishedRun) -> Parts:
    split = run.result.get("validated_on", "val")
    figures: dict[str, Model] = {
        "loss": charts.curve(run.curves, "loss", "loss (nats)", 1, split),
        "accuracy": charts.curve(run.curves, "acc", "accuracy (%)", 100, split),
    }
    best = max(run.curves, key=lambda row: row.get("val/acc", -1)) if split == "val" else {}
    return Parts(figures, {"best": best, "curves_of": SPLITS[split]})


def _answered(run: FinishedRun, found: Findings, names: list[str]) -> Parts:
    """Return what the answers to a split show; nothing without answers."""
    answers = found.answers
    if answers is None:
        return Parts({}, {"classes": [], "hardest": []})
    counts = numbers.confusion(answers, len(names))
    figures: dict[str, Model] = {
        "confusion": charts.heat_map(counts, names),
        "reliability": charts.reliability(numbers.confidence_bins(answers)),
    }
    values = {
        "classes": numbers.class_rows(counts, names),
        "pairs": numbers.confused(counts, names),
        "error": run.result[found.split]["expected_calibration_error"],
        "hardest": _hard_pictures(found.images, answers, names) if found.images else [],
    }
    return Parts(figures, values)


def _hard_pictures(images: Images, answers: Answers, names: list[str]) -> list[HardPicture]:
    return [
        HardPicture(
            thumbnail(images[place][0].numpy()),
            names[answers.labels[place]],
            names[answers.classes[place, 0]],
            float(answers.probabilities[place, 0]),
            float(answers.losses[place]),
        )
        for place in hardest(answers).tolist()
    ]


def _features(found: Findings, names: list[str]) -> Parts:
    features = found.feature_map
    if features is None:
        return Parts({}, {"features": None, "sprites": None})
    sheet = sprite_sheet(features.pictures)
    shares = np.bincount(features.answers.labels) / len(features.points)
    values = {
        "features": features,
        "chance": float(np.square(shares).sum()),
        "kinds": kinds(features, names),
        "sprites": sheet.uri,
        "sprite": sprite_style(sheet),
    }
    return Parts({"features": feature_chart(features, names, sheet)}, values)
