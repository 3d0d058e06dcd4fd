"""Draw every figure of `imgcls.plots` from kept runs, and the page that shows them.

python docs/make_gallery.py
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from torch import Tensor

from imgcls import plots
from imgcls.embedding import embed, neighbour_purity, stratified_sample, trustworthiness
from imgcls.finished_run import FinishedRun
from imgcls.grad_cam import grad_cam, last_maps
from imgcls.hooks import record_layers
from imgcls.models.sheet import layer_sheet
from imgcls.runs import write_whole
from imgcls.schedules import Triangular
from imgcls.tables import read_markdown

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "lightning_logs"
FOLDER = ROOT / "docs" / "gallery"
PROFILED = "cifar10_convnet"
STUDIES = {  # drawn by `imgcls sweep`
    "influence": "cifar10_two_layer_influence",
    "differences": "cifar100_resnet_ablation",
    "search_path": "digits_search",
}
HEAD = """\
# Gallery

Every figure of `imgcls.plots`, drawn by `docs/make_gallery.py` from runs kept under
`lightning_logs/`. Pictures are of validation splits; what is said of a test set comes from the
answers that its one look left in the run's folder.
"""


class Piece(NamedTuple):
    """A figure, and what it shows in one sentence."""

    name: str
    words: str
    figure: Figure


class Looked(NamedTuple):
    """A run, and what its best weights answer to its validation split."""

    run: FinishedRun
    logits: Tensor
    labels: Tensor

    @property
    def title(self) -> str:
        """Model and data."""
        return f"{self.run.result['model']} on {self.run.result['data']}"


def look(experiment: str) -> Looked:
    """Return what the experiment's first run says of its validation split."""
    run = FinishedRun(RUNS / experiment / "version_0")
    images = run.data.val_images
    return Looked(run, run.logits(images), images.labels)


def of_pictures(looked: Looked) -> Iterator[Piece]:
    """Yield the figures of pictures."""
    data = looked.run.data
    images, classes, title = data.val_images, data.classes, looked.title
    probabilities = looked.logits.softmax(1)
    sample = torch.linspace(0, len(images) - 1, 20).long()
    first = images.__getitems__(sample[:8])
    words = "One picture a class, the first that the data set has."
    first_of_each = [int((images.labels == label).nonzero()[0]) for label in range(len(classes))]
    examples = images.__getitems__(first_of_each).inputs
    labels = list(range(len(classes)))
    yield Piece("class_examples", words, plots.class_examples(examples, labels, classes))
    words = "Pictures as they are and as the first epoch meets them."
    changed = data.augmented(first, epoch=0)
    yield Piece("before_and_after", words, plots.before_and_after(first.inputs, changed))
    words = "What a net answers, right or wrong, and how sure it is."
    pictures = images.__getitems__(sample).inputs
    figure = plots.predictions(pictures, images.labels[sample], probabilities[sample], classes)
    yield Piece("predictions", words, figure)
    words = "The pictures that cost most: hard ones, odd ones, wrongly labelled ones."
    every = images.__getitems__(range(len(images))).inputs
    figure = plots.highest_losses(every, images.labels, probabilities, classes, 20, title)
    yield Piece("highest_losses", words, figure)


def of_heat(looked: Looked) -> Iterator[Piece]:
    """Yield Grad-CAM."""
    run = looked.run
    places = torch.linspace(0, len(looked.labels) - 1, 8).long()
    pictures = run.data.val_images.__getitems__(places).inputs
    answers = looked.logits[places].argmax(1)
    inputs = run.data.normalised(pictures)
    layer = last_maps(run.model, inputs[:1])
    heat = grad_cam(run.model, layer, inputs, answers)
    captions = [run.data.classes[answer] for answer in answers]
    figure = plots.overlay(pictures, heat, captions, f"{looked.title}: Grad-CAM of {layer}")
    words = "Where the net finds what speaks for its answer (Grad-CAM)."
    yield Piece("overlay", words, figure)


def of_scores(looked: Looked) -> Iterator[Piece]:
    """Yield the figures of one run's scores."""
    run, title = looked.run, looked.title
    data = run.data
    words = "Loss and accuracy of training and validation; the best epoch is marked."
    yield Piece("curves", words, plots.curves(run.curves, title))
    groups = {name: group for group, names in data.superclasses.items() for name in names}
    counts = plots.confusion_counts(looked.labels, looked.logits.argmax(1), len(data.classes))
    words = "A hundred classes, ordered by superclass, still show their squares."
    figure = plots.confusion_matrix(counts, data.classes, title, groups)
    yield Piece("confusion_matrix", words, figure)
    words = "The pairs that are taken for one another most often."
    yield Piece("confused_pairs", words, plots.confused_pairs(counts, data.classes, title=title))
    words = "Accuracy class by class on the test set, sorted."
    accuracies = list(run.result["test"]["class_accuracy"].values())
    figure = plots.class_accuracy(accuracies, data.classes, f"{title}, test set")
    yield Piece("class_accuracy", words, figure)
    words = "How often an answer of a given confidence is right."
    figure = plots.reliability(looked.logits.softmax(1), looked.labels, title=title)
    yield Piece("reliability", words, figure)


def of_features(looked: Looked) -> Iterator[Piece]:
    """Yield what shows features."""
    run = looked.run
    images = run.data.val_images
    sample = stratified_sample(images.labels.numpy(), 2000)
    with record_layers(run.model, ["head.input"]) as recorded:
        run.logits(images.subset(torch.as_tensor(sample)))
    features = torch.cat(recorded["head.input"]).numpy()
    labels = images.labels.numpy()[sample]
    points = embed(features)
    groups = {name: group for group, names in run.data.superclasses.items() for name in names}
    measures = {
        "purity": neighbour_purity(features, labels),
        "trustworthiness": trustworthiness(features, points),
    }
    figure = plots.scatter(
        points, labels, run.data.classes, f"{looked.title}: features of 2,000 pictures by t-SNE",
        groups or None, measures=measures,
    )  # fmt: skip
    words = "The features of a layer in the plane, with two numbers to judge by."
    yield Piece("scatter", words, figure)


def of_layers(run: FinishedRun) -> Iterator[Piece]:
    """Yield what shows the layers of a small net."""
    model, data = run.model, run.data
    names = [name for name, layer in model.named_modules() if isinstance(layer, torch.nn.ReLU)]
    picture = data.val_images.__getitems__([0])
    with record_layers(model, names[:1]) as recorded:
        model(data.normalised(picture.inputs))
    maps = recorded[names[0]][0][0]
    title = f"{names[0]} of {type(model).__name__}"
    words = "All maps of a layer for one picture; dead ones are marked."
    yield Piece("map_grid", words, plots.map_grid(maps, title, picture.inputs[0]))
    kernels = next(weight for weight in model.parameters() if weight.dim() == 4)
    words = "The filters of the first convolution."
    yield Piece("filter_grid", words, plots.filter_grid(kernels.detach(), type(model).__name__))
    words = "Each layer with its parameters, how they are counted, and its cost."
    sheet = layer_sheet(model, data.image_shape)
    yield Piece("sheet_figure", words, plots.sheet_figure(sheet, type(model).__name__))


def of_settings(run: FinishedRun) -> Iterator[Piece]:
    """Yield what shows a run's settings."""
    content = run.config["model"]["init_args"]
    steps = len(run.data.train_images) // run.data.batch_size * run.result["epochs"]
    factors = Triangular(**content["schedule"]["init_args"])
    rate = content["optimizer"]["init_args"]["lr"]
    yield Piece("schedule", "The learning rate of a run.", plots.schedule(factors, steps, rate))
    profile = RUNS / f"{PROFILED}.profile" / "version_0" / "profile.md"
    rows = [row for row in read_markdown(profile.read_text()) if row["stage"] != "all"]
    seconds = {row["stage"]: float(row["seconds"]) for row in rows}
    words = "Where the seconds of an epoch go, by `imgcls fit --profile`."
    yield Piece("time_shares", words, plots.time_shares(seconds, PROFILED))


def main() -> None:
    """Draw all figures and write the page."""
    FOLDER.mkdir(exist_ok=True)
    hundred, ten = look("cifar100_cnn"), look("cifar10_convnet")
    lenet = FinishedRun(RUNS / "caltech101_lenet" / "version_0")
    pieces = [
        *of_pictures(ten), *of_heat(hundred), *of_scores(hundred), *of_features(hundred),
        *of_layers(lenet), *of_settings(hundred.run),
    ]  # fmt: skip
    text = HEAD
    for name, words, figure in pieces:
        figure.savefig(FOLDER / f"{name}.png", dpi=110)
        text += f"\n## {name}\n\n{words}\n\n![{words}](gallery/{name}.png)\n"
    for name, study in STUDIES.items():
        shown = ROOT / "configs" / "studies" / f"{study}.yaml"
        words = shown.read_text().splitlines()[0].removeprefix("# ").partition("   imgcls")[0]
        text += f"\n## {name}\n\n{words}\n\n"
        text += f"![{words}](../lightning_logs/{study}/influence.svg)\n"
    drawn = {piece.name for piece in pieces} | STUDIES.keys()
    missing = set(plots.__all__) - drawn - {"confusion_counts", "stamp"}
    if missing:
        raise SystemExit(f"not in the gallery: {', '.join(sorted(missing))}")
    write_whole(ROOT / "docs" / "gallery.md", text)


if __name__ == "__main__":
    main()
