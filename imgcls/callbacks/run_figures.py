"""Functions that draw the figures of a run, by figure name; none draws before it is called."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from imgcls import plots
from imgcls.batch import Split
from imgcls.evaluation.embedding import stratified_sample
from imgcls.evaluation.grad_cam import grad_cam, last_maps
from imgcls.evaluation.layer_hooks import first_convolution, in_eval_mode
from imgcls.evaluation.layer_summary import layer_summary
from imgcls.evaluation.metrics import class_scores
from imgcls.evaluation.most_probable import most_probable
from imgcls.runs.run import Run

SHOWN = 40  # images with their predictions
AUGMENTED = 20  # images before and after
EXPLAINED = 16  # images with Grad-CAM of their predictions
EXAMPLES = 50  # of all classes together, about

Draw = Callable[[], Figure]


def training_figures(data: Any) -> Mapping[str, Draw]:
    """Return the drawing functions of class examples and, if any, of augmented images."""
    images, classes = data.train_images, data.classes
    labels = images.labels.numpy()
    each = max(1, EXAMPLES // len(classes))
    firsts = [np.flatnonzero(labels == number)[:each] for number in range(len(classes))]
    examples = images.batch(np.concatenate(firsts))
    drawn, numbers = examples.inputs, examples.targets
    figures = {"class_examples": partial(plots.class_examples, drawn, numbers, classes, each)}
    if data.augment:
        batch = images.batch(stratified_sample(labels, AUGMENTED))
        augmented = data.augmented(batch, epoch=0)
        figures["augmentation"] = partial(plots.before_and_after, batch.inputs, augmented)
    return figures


def overview_figures(run: Run, model: nn.Module, data: Any) -> Mapping[str, Draw]:
    """Return the drawing functions of a run's curves and of its model's layer summary."""

    def layers() -> Figure:
        rows = layer_summary(model, data.image_shape, data.num_inputs)
        return plots.sheet_figure(rows, type(model).__name__)

    title = f"{type(model).__name__} on {type(data).__name__}"
    drawn_curves = partial(plots.curves, run.curves, title, data.validate_on)
    return {"curves": drawn_curves, "layers": layers}


def prediction_figures(
    data: Any, split: Split, logits: Tensor, labels: Tensor, title: str
) -> Mapping[str, Draw]:
    """Return the drawing functions of the predictions for a split, by name."""
    images, classes = data.images(split), data.classes
    probabilities, numbers = logits.softmax(1).numpy(), labels.numpy()
    predicted = probabilities.argmax(1)
    counts = plots.confusion_counts(numbers, predicted, len(classes))
    scores = class_scores(numbers, predicted, len(classes))
    accuracies = [each.recall for each in scores]
    sample = stratified_sample(numbers, SHOWN)
    shown = images.batch(sample).inputs
    every = [images[index][0] for index in range(len(images))]  # views: only what is drawn is read
    return {
        "predictions": partial(
            plots.predictions, shown, numbers[sample], probabilities[sample], classes, title
        ),
        "confusion_matrix": partial(
            plots.confusion_matrix, counts, classes, title, data.superclass_of or None
        ),
        "confused_pairs": partial(plots.confused_pairs, counts, classes, title=title),
        "class_accuracy": partial(plots.class_accuracy, accuracies, classes, title),
        "reliability": partial(plots.reliability, probabilities, numbers, title=title),
        "highest_losses": partial(
            plots.highest_losses, every, numbers, probabilities, classes, title=title
        ),
    }


def weight_figures(model: Any, data: Any, epoch: int) -> Mapping[str, Draw]:
    """Return the drawing functions of the first convolution's filters and of Grad-CAM, if any."""
    found = first_convolution(model)
    if found is None:
        return {}
    name, layer = found
    weights = layer.weight.detach().float().cpu()
    figures = {f"filters_{name}": partial(plots.filter_grid, weights, f"{name}, epoch {epoch}")}
    if len(data.val_images):
        about = f"validation split, epoch {epoch}"
        figures["grad_cam"] = partial(validation_heat, model, data, about)
    return figures


@torch.inference_mode(False)  # tensors of inference mode have no gradients
def validation_heat(model: Any, data: Any, title: str) -> Figure:
    """Return Grad-CAM of a model's predictions for validation images.

    Args:
        model: Returns logits; it is not changed.
        data: Has ``val_images`` and prepares them.
        title: Title of the figure.

    Raises:
        InputError: No convolution of the model returns maps larger than 1x1.
    """
    sample = stratified_sample(data.val_images.labels.numpy(), EXPLAINED)
    batch = data.val_images.batch(sample)
    return heat_figure(model, data, batch, title)


def heat_figure(
    model: Any, data: Any, batch: Any, title: str, probabilities: Tensor | None = None
) -> Figure:
    """Return Grad-CAM of a model's predictions for the images of a batch.

    Args:
        model: Returns logits; it is not changed.
        data: Prepares the images.
        batch: The N images.
        title: Title of the figure.
        probabilities: Predicted probabilities ``(N, K)``; default computed by the model.

    Raises:
        InputError: No convolution of the model returns maps larger than 1x1.
    """
    inputs = data.evaluation_batch(batch, model.device).inputs
    if probabilities is None:
        with in_eval_mode(model), torch.no_grad():
            probabilities = model(inputs).float().softmax(1)
    predicted = most_probable(probabilities)[:, 0]
    highest = probabilities.gather(1, predicted[:, None])[:, 0]
    layer = last_maps(model, inputs)
    heat = grad_cam(model, layer, inputs, predicted.to(model.device)).cpu()
    pairs = zip(predicted.tolist(), highest.tolist(), strict=True)
    captions = [f"{data.classes[number]} {probability:.0%}" for number, probability in pairs]
    return plots.overlay(batch.inputs, heat, captions, f"Grad-CAM of {layer}: {title}")
