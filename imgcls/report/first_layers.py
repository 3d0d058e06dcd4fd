"""Filters and activations of the first layers of a model."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

from imgcls.callbacks.activation_grid import first_activations
from imgcls.errors import InputError
from imgcls.evaluation.layer_hooks import first_convolution, record_layers
from imgcls.plots import filter_grid, map_grid
from imgcls.runs.run import Run
from imgcls.runs.split_manifest import unchanged_images


class Activations(NamedTuple):
    """Activations of layers for an image.

    Attributes:
        image: ``(C, H, W)`` uint8.
        label: Its class.
        maps: Maps ``(M, H', W')`` by name of the layer.
    """

    image: NDArray[np.uint8]
    label: int
    maps: Mapping[str, NDArray[np.float32]]


class Filters(NamedTuple):
    """Name and weights ``(M, C, h, w)`` of a convolution."""

    layer: str
    weights: NDArray[np.float32]


def activations(run: Run) -> Activations | None:
    """Return the activations of the first two convolutions' ReLUs for the first validation image.

    It is None if no ReLU follows a convolution, or if there is no validation split.

    Raises:
        InputError: Images or weights are missing.
    """
    model, images = run.model, unchanged_images(run, "val")
    if not len(images):
        return None
    try:
        layers = first_activations(model)
    except InputError:
        return None
    with record_layers(model, layers) as recorded:
        run.logits(images.subset(torch.tensor([0])))
    maps = {name: outputs[0][0].numpy() for name, outputs in recorded.items() if outputs}
    image, label = images[0]
    spatial = {name: values for name, values in maps.items() if values.ndim == 3}
    return Activations(image.numpy(), int(label), spatial) if spatial else None


def first_filters(model: nn.Module) -> Filters | None:
    """Return the filters of the first convolution, if there is one."""
    found = first_convolution(model)
    return found and Filters(found[0], found[1].weight.detach().numpy())


def layer_figures(
    filters: Filters | None, found: Activations | None, classes: Sequence[str]
) -> Iterator[tuple[str, Figure]]:
    """Return the text alternative of each figure, and the figure."""
    if filters:
        count, _, rows, columns = filters.weights.shape
        text = f"The {count} filters of {filters.layer}, of {rows}x{columns} pixels."
        yield text, filter_grid(filters.weights, filters.layer)
    if found:
        name = classes[found.label]
        for layer, maps in found.maps.items():
            dead = np.count_nonzero(np.abs(maps).max((1, 2)) == 0)
            text = f"The {len(maps)} maps of {layer} for an image of {name}, {dead} dead."
            yield text, map_grid(maps, f"{layer}, {name}", found.image)
