import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import affine

from imgcls.errors import InputError
from imgcls.transforms import Draws, RandomAffine


class Fixed(Draws):
    """Returns the given numbers, one per call, for every image."""

    def __init__(self, *values: float) -> None:
        self.values = iter(values)

    def uniform(self) -> Tensor:
        return torch.tensor([next(self.values)])


def smooth(height: int, width: int) -> Tensor:
    """Return an image ``(1, 2, H, W)`` in [0, 1] without sharp edges."""
    rows = torch.linspace(0, 3, height)[:, None]
    columns = torch.linspace(0, 4, width)[None]
    return torch.stack([(rows + columns).sin(), (rows * columns).cos()])[None] / 2 + 0.5


@pytest.mark.parametrize(
    ("values", "angle", "scale", "shift"),
    [
        ((1.0, 0.5, 0.5, 0.5, 0.5), 30.0, 1.0, (0, 0)),
        ((0.0, 0.5, 0.5, 0.5, 0.5), -30.0, 1.0, (0, 0)),
        ((0.5, 1.0, 0.5, 0.5, 0.5), 0.0, 1.5, (0, 0)),
        ((0.5, 0.0, 0.5, 0.5, 0.5), 0.0, 1 / 1.5, (0, 0)),
        ((0.5, 0.5, 0.5, 0.75, 0.25), 0.0, 1.0, (-2, 2)),
    ],
)
@pytest.mark.parametrize("shape", [(40, 40), (80, 40)])
def test_it_turns_zooms_and_shifts_as_torchvision_does(
    values: tuple[float, ...],
    angle: float,
    scale: float,
    shift: tuple[int, int],
    shape: tuple[int, int],
) -> None:
    image = smooth(*shape)
    ours = RandomAffine(degrees=30, zoom=1.5, shift=0.1)(image, Fixed(*values))
    if shape[0] != shape[1]:
        shift = (shift[0], 2 * shift[1])  # a fraction of the height
    theirs = affine(
        image, angle, list(shift), scale, [0.0, 0.0], interpolation=InterpolationMode.BILINEAR
    )
    inside = slice(16, -16) if shape[0] > 40 else slice(14, -14)
    middle = slice(14, -14)
    torch.testing.assert_close(
        ours[..., inside, middle], theirs[..., inside, middle], atol=2e-3, rtol=0
    )


def test_a_stretch_widens_alone() -> None:
    image = torch.zeros(1, 1, 33, 33)
    image[..., 12:21, 12:21] = 1
    wide = RandomAffine(0, 1, stretch=2, shift=0)(image, Fixed(0.5, 0.5, 1.0, 0.5, 0.5))
    assert wide[0, 0, 16].sum() == pytest.approx(18, abs=0.1)
    assert wide[0, 0, :, 16].sum() == pytest.approx(9, abs=0.1)


def test_borders_are_padded_by_reflection() -> None:
    image = torch.arange(64.0).view(1, 1, 8, 8)
    moved = RandomAffine(0, 1, 1, shift=0.25)(image, Fixed(0.5, 0.5, 0.5, 1.0, 0.0))
    expected = np.pad(image[0, 0].numpy(), ((2, 0), (0, 2)), mode="symmetric")[:8, 2:]
    np.testing.assert_allclose(moved[0, 0].numpy(), expected, atol=1e-4)


def test_nothing_asked_is_nothing_done() -> None:
    image = torch.randint(0, 256, (3, 3, 9, 14), dtype=torch.uint8)
    draws = Draws(seed=0, epoch=0, index=torch.arange(3))
    assert torch.equal(RandomAffine(0, 1, 1, 0)(image, draws), image)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"degrees": -1}, "degrees of RandomAffine is -1: choose 0 to 180"),
        ({"zoom": 0.5}, "zoom of RandomAffine is 0.5: choose 1 to inf"),
        ({"stretch": 0}, "stretch of RandomAffine is 0: choose 1"),
        ({"shift": 2}, "shift of RandomAffine is 2: choose 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, float], text: str) -> None:
    with pytest.raises(InputError, match=text):
        RandomAffine(**arguments)
