"""Draw every figure of `imgcls.plots` from saved runs, and the page that shows them.

python docs/make_gallery.py
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from imgcls import plots
from imgcls.callbacks.run_figures import (
    Draw,
    prediction_figures,
    training_figures,
    validation_heat,
)
from imgcls.evaluation.layer_summary import layer_summary
from imgcls.files import write_whole
from imgcls.report.feature_map import feature_map
from imgcls.report.first_layers import activations, first_filters, layer_figures
from imgcls.runs.find import finished_runs
from imgcls.runs.run import Run
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
SHIFTED = "cifar100_dual_branch_ablation"  # drawn by docs/make_robustness.py
HEAD = """\
# Gallery

Every figure of `imgcls.plots`, drawn by `docs/make_gallery.py` from the saved runs under
`lightning_logs/`. `class_examples` and `before_and_after` show training images, `shift_curves`
results of `imgcls test`; all other figures show validation splits.
"""
WORDS = {
    "class_examples": "The first images of each class.",
    "before_and_after": "Images, and below them their augmented versions in the first epoch.",
    "predictions": "Predictions and their probabilities; blue is correct, red is wrong.",
    "highest_losses": "The images with the highest losses: hard, unusual or wrongly labelled ones.",
    "overlay": "Grad-CAM of the predicted classes.",
    "curves": "Loss and accuracy of training and validation; the best epoch is marked.",
    "confusion_matrix": "Fractions of each true class (row) by predicted class (column).",
    "confused_pairs": "The pairs of classes that are confused most often.",
    "class_accuracy": "Accuracy of each class, the best first.",
    "reliability": "Reliability diagram: accuracy by confidence, and a histogram of confidence.",
    "scatter": "t-SNE of features: superclasses in colour, each class named at its median.",
    "map_grid": "All maps of a layer for one image, on one scale; dead maps are marked.",
    "filter_grid": "The filters of the first convolution.",
    "sheet_figure": "Layer summary: output, parameters, their calculation, and FLOPs.",
    "schedule": "The learning rate over the steps of a run, with its maximum marked.",
    "time_shares": "Seconds of an epoch by stage, from `imgcls fit --profile`.",
}


def first_run(experiment: str) -> Run:
    """Return the first saved run of an experiment."""
    return finished_runs(RUNS, experiment)[0]


def of_predictions(run: Run) -> dict[str, Draw]:
    """Return the drawing functions of a run's predictions for its validation split and curves."""
    images, title = run.data.val_images, f"{run.result['model']} on {run.result['data']}"
    return {
        **prediction_figures(run.data, "val", run.logits(images), images.labels, title),
        "curves": partial(plots.curves, run.curves, title),
    }


def of_training(run: Run) -> dict[str, Draw]:
    """Return the drawing functions of a run's training data, schedule and profile."""
    figures = training_figures(run.data)
    rate = run.config["model"]["init_args"]["optimizer"]["init_args"]["lr"]
    steps = len(run.data.train_images) // run.data.batch_size * run.result["epochs"]
    profile = RUNS / f"{PROFILED}.profile" / "version_0" / "profile.md"
    rows = [row for row in read_markdown(profile.read_text()) if row["stage"] != "all"]
    seconds = {row["stage"]: float(row["seconds"]) for row in rows}
    return {
        "class_examples": figures["class_examples"],
        "before_and_after": figures["augmentation"],
        "schedule": partial(plots.schedule, run.model.schedule, steps, rate),
        "time_shares": partial(plots.time_shares, seconds, PROFILED),
    }


def of_features(run: Run) -> Figure:
    """Return t-SNE of a run's features."""
    found = feature_map(run)
    labels, title = found.predictions.labels, "t-SNE of the features of 2,000 validation images"
    groups = found.groups or None
    return plots.scatter(
        found.points, labels, run.data.classes, title, groups, measures=found.measures
    )


def of_layers(run: Run) -> dict[str, Draw]:
    """Return the drawing functions of the layers of a small model."""
    names, name = run.data.classes, run.result["model"]
    figures = [
        figure for _, figure in layer_figures(first_filters(run.model), activations(run), names)
    ]
    summary = layer_summary(run.model, run.data.image_shape)
    return {
        "filter_grid": lambda: figures[0],
        "map_grid": lambda: figures[1],
        "sheet_figure": partial(plots.sheet_figure, summary, name),
    }


def sections() -> Iterator[tuple[str, str, str]]:
    """Draw and yield each figure's name, its caption, and its file relative to the page."""
    ten, hundred = first_run("cifar10_convnet"), first_run("cifar100_cnn")
    drawn: dict[str, Draw] = {
        **of_training(ten),
        "overlay": partial(validation_heat, ten.model, ten.data, "ConvNet on CIFAR10"),
        **of_predictions(hundred),
        "scatter": partial(of_features, hundred),
        **of_layers(first_run("caltech101_lenet")),
    }
    for name, words in WORDS.items():
        drawn[name]().savefig(FOLDER / f"{name}.png", dpi=110)
        yield name, words, f"gallery/{name}.png"
    for name, study in STUDIES.items():
        first = (ROOT / "configs" / "studies" / f"{study}.yaml").read_text().splitlines()[0]
        words = first.removeprefix("# ").partition("   imgcls")[0]
        yield name, words, f"../lightning_logs/{study}/influence.svg"
    words = "Accuracy on corrupted test images, by severity."
    yield "shift_curves", words, f"../lightning_logs/{SHIFTED}/robustness.svg"


def main() -> None:
    """Draw all figures and write the page."""
    shown = {*WORDS, *STUDIES, "shift_curves"}
    missing = set(plots.__all__) - shown - {"confusion_counts", "stamp"}
    if missing:
        raise SystemExit(f"not in the gallery: {', '.join(sorted(missing))}")
    FOLDER.mkdir(exist_ok=True)
    parts = [f"## {name}\n\n{words}\n\n![{words}]({file})\n" for name, words, file in sections()]
    write_whole(ROOT / "docs" / "gallery.md", "\n".join([HEAD, *parts]))


if __name__ == "__main__":
    main()
