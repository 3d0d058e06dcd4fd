"""The page: its parts gathered and put into the template."""

import os
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import yaml
from bokeh.embed import components
from bokeh.model import Model
from bokeh.resources import Resources
from jinja2 import Environment, PackageLoader, StrictUndefined

from imgcls.data.images import Images
from imgcls.plots.curves import SPLITS
from imgcls.plots.figures import AUTHOR
from imgcls.report import chart_words, charts, numbers
from imgcls.report.facts import COMMANDS, class_names, facts
from imgcls.report.feature_chart import feature_chart, kinds, sprite_style
from imgcls.report.findings import Findings
from imgcls.report.first_layers import layer_figures
from imgcls.report.heat_map import heat_map
from imgcls.report.highest_losses import hardest
from imgcls.report.pictures import figure_uri, sprite_sheet, thumbnail
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions


class HardPicture(NamedTuple):
    """A picture as data URI, what it is, what it was taken for and how probably, and its loss."""

    uri: str
    true: str
    answered: str
    probability: float
    loss: float


class Parts(NamedTuple):
    """Charts by name, what each shows in words, and what else the template takes."""

    charts: dict[str, Model]
    words: dict[str, str]
    values: dict[str, Any]


def page(run: Run, found: Findings) -> str:
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
        commands=COMMANDS,
        notes=found.notes,
        config=yaml.safe_dump(run.config, sort_keys=False),
        split=SPLITS[found.split],
        layers=[(text, figure_uri(figure)) for text, figure in layers],
        library=Resources(mode="inline", components=["bokeh"]).render_js(),
        script=script,
        charts=divisions,
        words={key: text for part in parts for key, text in part.words.items()},
        author=os.environ.get(AUTHOR),
        written=f"{datetime.now():%Y-%m-%d %H:%M:%S}",
        **{key: value for part in parts for key, value in part.values.items()},
    )


def _training(run: Run) -> Parts:
    split = run.result.get("validated_on", "val")
    best = max(run.curves, key=lambda row: row.get("val/acc", -1)) if split == "val" else {}
    epoch = int(best["epoch"]) + 1 if "val/acc" in best else None
    figures: dict[str, Model] = {
        "loss": charts.curve(run.curves, "loss", "loss (nats)", 1, split, epoch),
        "accuracy": charts.curve(run.curves, "acc", "accuracy (%)", 100, split, epoch),
    }
    words = {
        "loss": chart_words.curve_words(run.curves, "loss", "{:.3f} nats", split, epoch),
        "accuracy": chart_words.curve_words(run.curves, "acc", "{:.1%}", split, epoch),
    }
    return Parts(figures, words, {"best": best, "curves_of": SPLITS[split]})


def _answered(run: Run, found: Findings, names: list[str]) -> Parts:
    """Return what the answers to a split show; nothing without answers."""
    answers = found.answers
    if answers is None:
        return Parts({}, {}, {"classes": [], "hardest": []})
    counts, bins = numbers.confusion(answers, len(names)), numbers.confidence_bins(answers)
    error = run.result[found.split]["expected_calibration_error"]
    figures: dict[str, Model] = {
        "confusion": heat_map(counts, names, found.groups),
        "reliability": charts.reliability(bins),
    }
    words = {
        "confusion": chart_words.confusion_words(counts, names),
        "reliability": chart_words.reliability_words(bins, error),
    }
    values = {
        "classes": numbers.class_rows(answers, names),
        "pairs": numbers.confused(counts, names),
        "error": error,
        "hardest": _hard_pictures(found.images, answers, names) if found.images else [],
    }
    return Parts(figures, words, values)


def _hard_pictures(images: Images, answers: Predictions, names: list[str]) -> list[HardPicture]:
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
        return Parts({}, {}, {"features": None, "sprites": None})
    sheet = sprite_sheet(features.pictures)
    shares = np.bincount(features.answers.labels) / len(features.points)
    values = {
        "features": features,
        "chance": float(np.square(shares).sum()),
        "kinds": kinds(features, names),
        "sprites": sheet.uri,
        "sprite": sprite_style(sheet),
    }
    words = {"features": chart_words.feature_words(features)}
    return Parts({"features": feature_chart(features, names, sheet)}, words, values)
