from types import SimpleNamespace
from typing import Any

import pytest
from torch import nn

from imgcls.evaluation.training_cost import training_petaflops
from imgcls.transforms import AlternatingFlip, ProgressiveResize

SMALL_FIRST = [ProgressiveResize(start=6, until=0.5, step=1)]
POINTWISE = 2 * 3 * 8  # operations of a 1x1 convolution from 3 to 8 channels at one pixel


@pytest.mark.parametrize(
    ("augment", "epochs", "max_epochs", "pixels"),
    [
        ([AlternatingFlip()], 4, 4, 12 * 20),
        # half of the way from 6 at the first epoch, all of it from the third of four on
        (SMALL_FIRST, 4, 4, (6 * 10 + 9 * 15 + 2 * 12 * 20) / 4),
        (SMALL_FIRST, 2, 4, (6 * 10 + 9 * 15) / 2),  # it was ended early
        (SMALL_FIRST, 4, -1, 12 * 20),
        (SMALL_FIRST, 1, 1, 12 * 20),  # one epoch is the last one
    ],
)
def test_each_epoch_costs_what_its_images_size_does(
    augment: list[Any], epochs: int, max_epochs: int, pixels: float
) -> None:
    model: Any = nn.Conv2d(3, 8, 1)
    data: Any = SimpleNamespace(image_shape=(3, 12, 20), augment=augment, num_inputs=1)
    expected = 3 * 1000 * POINTWISE * pixels * 1e-15
    assert training_petaflops(model, data, epochs, max_epochs, 1000) == pytest.approx(expected)
