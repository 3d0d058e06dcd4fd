import pytest
import torch

from imgcls.errors import InputError
from imgcls.transforms import Draws, ProgressiveResize

GREY = torch.full((2, 3, 32, 48), 100, dtype=torch.uint8)


def draws(progress: float) -> Draws:
    return Draws(0, 0, torch.arange(2), progress)


@pytest.mark.parametrize(
    ("progress", "height"), [(0.0, 16), (0.2, 20), (0.4, 24), (0.74, 28), (0.75, 32), (0.9, 32)]
)
def test_images_grow_until_they_are_whole(progress: float, height: int) -> None:
    smaller = ProgressiveResize(start=16, until=0.75, step=4)(GREY, draws(progress))
    assert smaller.shape == (2, 3, height, height * 3 // 2)
    assert smaller.dtype == torch.uint8
    assert (smaller == 100).all()


def test_a_run_of_unknown_length_has_whole_images() -> None:
    whole = ProgressiveResize()(GREY, Draws(0, 0, torch.arange(2)))
    assert whole is GREY


def test_small_images_stay_as_they_are() -> None:
    small = GREY[..., :12, :12]
    assert ProgressiveResize(start=16)(small, draws(0.0)) is small


def test_a_checkerboard_is_averaged_not_sampled() -> None:
    board = torch.zeros(1, 1, 32, 32)
    board[..., ::2, ::2] = board[..., 1::2, 1::2] = 1
    halved = ProgressiveResize(start=16)(board, draws(0.0))
    assert halved[..., 2:-2, 2:-2].sub(0.5).abs().max() < 0.01


def test_each_pixel_of_a_much_larger_image_counts() -> None:
    stripes = torch.zeros(1, 1, 32, 32)
    stripes[..., ::4, :] = 1
    quarter = ProgressiveResize(start=8)(stripes, draws(0.0))
    assert quarter[..., 2:-2, :].sub(0.25).abs().max() < 0.01


@pytest.mark.parametrize("wrong", [{"start": 0}, {"step": 0}, {"until": 0.0}, {"until": 1.5}])
def test_a_wrong_size_is_reported(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"ProgressiveResize.s start is .*: give at least 1"):
        ProgressiveResize(**wrong)  # type: ignore[arg-type]
