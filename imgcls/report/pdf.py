"""The report as PDF: a page of metadata, then one figure per page."""

import io
import os
from collections.abc import Iterator, Sequence
from itertools import chain

import matplotlib
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from imgcls import plots
from imgcls.plots.curves import SPLITS
from imgcls.plots.figures import AUTHOR
from imgcls.report import numbers
from imgcls.report.findings import Findings
from imgcls.report.first_layers import layer_figures
from imgcls.report.first_page import first_page
from imgcls.report.highest_losses import HARDEST
from imgcls.report.metadata import class_names
from imgcls.runs.run import Run
from imgcls.runs.saved_predictions import Predictions

MARGIN = 0.5  # inches
A4, A3 = (11.69, 8.27), (16.54, 11.69)  # inches, across
SMALLEST, LARGEST = 0.7, 1.25  # factors by which letters shrink on A4, and grow


def document(run: Run, found: Findings) -> bytes:
    """Return a PDF of A4 pages; a figure whose letters would be too small there is on A3."""
    file = io.BytesIO()
    name = f"{run.result['experiment']}/{run.result['run']}"
    about = {"Title": name, "Creator": "imgcls"}
    if author := os.environ.get(AUTHOR):
        about["Author"] = author
    with (
        matplotlib.rc_context({"pdf.fonttype": 42}),  # searchable text
        PdfPages(file, metadata=about) as pages,
    ):
        for number, figure in enumerate(
            chain([first_page(run, found.notes)], figures(run, found)), 1
        ):
            page = fill_page(figure, f"{name}, page {number}")
            pages.savefig(figure, bbox_inches=page)
    return file.getvalue()


def figures(run: Run, found: Findings) -> Iterator[Figure]:
    """Return the figures in the order of the page."""
    names, title = class_names(run), f"{run.result['model']} on {run.result['data']}"
    yield plots.curves(run.curves, title, run.result.get("validated_on", "val"))
    if found.predictions is not None:
        yield from _predictions(
            found, found.predictions, names, f"{title}, {SPLITS[found.split]} split"
        )
    if (features := found.feature_map) is not None:
        what = f"t-SNE of {len(features.points):,} validation images, {features.seconds:.0f} s"
        yield plots.scatter(
            features.points, features.predictions.labels, names, what, features.groups or None,
            measures=features.measures,
        )  # fmt: skip
    for _, figure in layer_figures(found.filters, found.activations, names):
        yield figure


def _predictions(
    found: Findings, predictions: Predictions, names: Sequence[str], title: str
) -> Iterator[Figure]:
    counts = numbers.confusion(predictions, len(names))
    probabilities = predictions.spread(len(names))
    accuracies = [row.recall for row in numbers.class_rows(predictions, names)]
    yield plots.class_accuracy(accuracies, names, title)
    yield plots.confusion_matrix(counts, names, title, found.groups or None)
    yield plots.confused_pairs(counts, names, title=title)
    yield plots.reliability(probabilities, predictions.labels, title=title)
    if found.images is not None:
        images = [found.images[index][0] for index in range(len(found.images))]
        yield plots.highest_losses(images, predictions.labels, probabilities, names, HARDEST, title)


def fill_page(figure: Figure, foot: str) -> Bbox:
    """Make a figure fill a page within its margins, and return the page in inches.

    Args:
        figure: The figure; its letters scale with the drawing, within limits.
        foot: Text in the lower margin, on the right.
    """
    size = tuple(figure.get_size_inches())
    paper = A4 if _scale(size, A4) >= SMALLEST else A3
    scale = _scale(size, paper)
    width, height = (side - 2 * MARGIN for side in paper)
    figure.set_size_inches(width, height)
    for text in figure.findobj(Text):
        text.set_fontsize(scale * float(text.get_fontsize()))
    figure.suptitle(figure.get_suptitle(), fontsize=12)
    if made_by := figure.get_supxlabel():
        figure.supxlabel(made_by, x=0, ha="left", fontsize=8)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the layout is final
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0, 0, 1, 1), figure.transFigure)
    figure.text(1, -0.03, foot, ha="right", va="top", fontsize=8, color="0.35")
    return Bbox.from_extents(-MARGIN, -MARGIN, width + MARGIN, height + MARGIN)


def _scale(size: Sequence[float], paper: Sequence[float]) -> float:
    room = [(side - 2 * MARGIN) / own for side, own in zip(paper, size, strict=True)]
    return min(*room, LARGEST)
