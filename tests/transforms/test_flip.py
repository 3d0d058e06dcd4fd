import numpy as np
import pytest
import torch

from imgcls.errors import InputError
from imgcls.transforms import AlternatingFlip, Draws, RandomFlip

NUMBER = 2000
IMAGES = torch.randint(0, 256, (NUMBER, 3, 6, 5), generator=torch.Generator().manual_seed(0))


def which_flipped(images: torch.Tensor, augmented: torch.Tensor) -> np.ndarray:
    """Return which images are mirrored; fail on one that is neither itself nor its mirror."""
    flipped = []
    for old, new in zip(images.numpy(), augmented.numpy(), strict=True):
        mirrored = np.array_equal(new, old[:, :, ::-1])
        assert mirrored or np.array_equal(new, old)
        flipped.append(mirrored)
    return np.array(flipped)


def flips(transform: RandomFlip | AlternatingFlip, epoch: int = 0) -> np.ndarray:
    draws = Draws(seed=0, epoch=epoch, index=torch.arange(NUMBER))
    return which_flipped(IMAGES, transform(IMAGES, draws))


@pytest.mark.parametrize("probability", [0.0, 0.2, 0.5, 1.0])
def test_random_flip_flips_its_fraction(probability: float) -> None:
    fraction = flips(RandomFlip(probability)).mean()
    error = (probability * (1 - probability) / NUMBER) ** 0.5
    assert abs(fraction - probability) <= 4 * error


def test_alternating_flip_shows_every_image_both_ways_in_two_epochs() -> None:
    even, odd, next_even = (flips(AlternatingFlip(), epoch) for epoch in range(3))
    assert np.array_equal(odd, ~even)
    assert np.array_equal(next_even, even)
    assert abs(even.mean() - 0.5) < 4 * 0.5 / NUMBER**0.5


@pytest.mark.parametrize("probability", [-0.1, 1.5])
def test_probability_outside_0_to_1_is_refused(probability: float) -> None:
    with pytest.raises(InputError, match=rf"probability is {probability}: .* choose 0 to 1"):
        RandomFlip(probability)


def test_even_epochs_mirror_the_images_of_the_coin_as_in_every_run_so_far() -> None:
    coins = Draws(seed=0, epoch=0, index=torch.arange(NUMBER)).constant_coin().numpy()
    for epoch in range(4):
        assert np.array_equal(flips(AlternatingFlip(), epoch), coins ^ (epoch % 2 == 1))
