"""The report page: its parts, rendered by the template."""

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
from imgcls.report.data_uris import figure_uri, sprite_sheet, thumbnail
from imgcls.report.feature_chart import feature_chart, kinds, sprite_style
from imgcls.report.findings import Findings
from imgcls.report.first_layers import layer_figures
from imgcls.report.heat_map import heat_map
from imgcls.report.highest_losses import hardest
from imgcls.report.metadata import COMMANDS, class_names, metadata
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions


class HardImage(NamedTuple):
    """An image as data URI, its true and its predicted class, the probability, and the loss."""

    uri: str
    true: str
    predicted: str
    probability: float
    loss: float


class Parts(NamedTuple):
    """Charts and their text alternatives by name, and further values of the template."""

    charts: dict[str, Model]
    words: dict[str, str]
    values: dict[str, Any]


def page(run: Run, found: Findings) -> str:
    """Return a self-contained HTML page of a run."""
    result, names = run.result, class_names(run)
    parts = [_training(run), _predictions(run, found, names), _features(found, names)]
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
        metadata=metadata(run),
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


def _predictions(run: Run, found: Findings, names: list[str]) -> Parts:
    """Return the parts on the predictions for a split, if there are any."""
    predictions = found.predictions
    if predictions is None:
        return Parts({}, {}, {"classes": [], "hardest": []})
    counts, bins = numbers.confusion(predictions, len(names)), numbers.confidence_bins(predictions)
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
        "classes": numbers.class_rows(predictions, names),
        "pairs": numbers.confused(counts, names),
        "error": error,
        "hardest": _hard_images(found.images, predictions, names) if found.images else [],
    }
    return Parts(figures, words, values)


def _hard_images(images: Images, predictions: Predictions, names: list[str]) -> list[HardImage]:
    return [
        HardImage(
            thumbnail(images[index][0].numpy()),
            names[predictions.labels[index]],
            names[predictions.classes[index, 0]],
            float(predictions.probabilities[index, 0]),
            float(predictions.losses[index]),
        )
        for index in hardest(predictions).tolist()
    ]


def _features(found: Findings, names: list[str]) -> Parts:
    features = found.feature_map
    if features is None:
        return Parts({}, {}, {"features": None, "sprites": None})
    sheet = sprite_sheet(features.images)
    fractions = np.bincount(features.predictions.labels) / len(features.points)
    values = {
        "features": features,
        "chance": float(np.square(fractions).sum()),
        "kinds": kinds(features, names),
        "sprites": sheet.uri,
        "sprite": sprite_style(sheet),
    }
    words = {"features": chart_words.feature_words(features)}
    return Parts({"features": feature_chart(features, names, sheet)}, words, values)
