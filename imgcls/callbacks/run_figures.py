"""What draws a run, by the names of the figures; nothing is drawn before it is called."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor, nn

from imgcls import plots
from imgcls.callbacks.named_pictures import Split, images_of
from imgcls.embedding import stratified_sample
from imgcls.hooks import first_convolution

SHOWN = 40  # pictures with their predictions
AUGMENTED = 20  # pictures before and after
EXAMPLES = 50  # of all classes together, about

Draw = Callable[[], Figure]


def training_figures(data: Any) -> Mapping[str, Draw]:
    """Return what draws examples of the classes, and augmented pictures where there are any."""
    images, classes = data.train_images, data.classes
    labels = images.labels.numpy()
    each = max(1, EXAMPLES // len(classes))
    firsts = [np.flatnonzero(labels == number)[:each] for number in range(len(classes))]
    examples = images.__getitems__(np.concatenate(firsts).tolist())
    pictures, numbers = examples.inputs, examples.targets
    figures = {"class_examples": partial(plots.class_examples, pictures, numbers, classes, each)}
    if data.augment:
        batch = images.__getitems__(stratified_sample(labels, AUGMENTED).tolist())
        augmented = data.augmented(batch, epoch=0)
        figures["augmentation"] = partial(plots.before_and_after, batch.inputs, augmented)
    return figures


def answer_figures(
    data: Any, split: Split, logits: Tensor, labels: Tensor, title: str
) -> Mapping[str, Draw]:
    """Return what draws the answers to a split, by name."""
    images, classes = images_of(data, split), data.classes
    shares, numbers = logits.softmax(1).numpy(), labels.numpy()
    counts = plots.confusion_counts(numbers, shares.argmax(1), len(classes))
    totals = counts.sum(1).tolist()
    hits = counts.diagonal().tolist()
    accuracies = [hit / total if total else None for hit, total in zip(hits, totals, strict=True)]
    sample = stratified_sample(numbers, SHOWN)
    shown = images.__getitems__(sample.tolist()).inputs
    every = [images[place][0] for place in range(len(images))]  # views: only what is drawn is read
    return {
        "predictions": partial(
            plots.predictions, shown, numbers[sample], shares[sample], classes, title
        ),
        "confusion_matrix": partial(
            plots.confusion_matrix, counts, classes, title, data.superclass_of or None
        ),
        "confused_pairs": partial(plots.confused_pairs, counts, classes, title=title),
        "class_accuracy": partial(plots.class_accuracy, accuracies, classes, title),
        "reliability": partial(plots.reliability, shares, numbers, title=title),
        "highest_losses": partial(
            plots.highest_losses, every, numbers, shares, classes, title=title
        ),
    }


def weight_figures(model: nn.Module, epoch: int) -> Mapping[str, Draw]:
    """Return what draws the filters of the first convolution, if there is one."""
    found = first_convolution(model)
    if found is None:
        return {}
    name, layer = found
    weights = layer.weight.detach().float().cpu()
    return {f"filters_{name}": partial(plots.filter_grid, weights, f"{name}, epoch {epoch}")}
