import pytest
import torch
from torch import nn

from imgcls.transforms import Draws, Kornia


def draws(epoch: int = 0) -> Draws:
    return Draws(seed=0, epoch=epoch, index=torch.arange(8))


def test_bytes_become_fractions_and_fractions_stay() -> None:
    images = torch.arange(256, dtype=torch.uint8).view(8, 2, 4, 4)
    door = Kornia(nn.Identity())
    fractions = door(images, draws())
    torch.testing.assert_close(fractions, images / 255)
    assert torch.equal(door(fractions, draws()), fractions)


def test_two_doors_in_a_row_draw_different_numbers() -> None:
    images, chain = torch.ones(8, 3, 4, 4), draws()
    first, second = (Kornia(nn.Dropout())(images, chain) for _ in range(2))
    assert not torch.equal(first, second)


def test_the_generator_is_put_back_when_the_augmentation_fails() -> None:
    class Broken(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise RuntimeError(f"drew {torch.rand(1)}")

    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="drew"):
        Kornia(Broken())(torch.ones(8, 3, 4, 4), draws())
    assert torch.equal(torch.get_rng_state(), before)


def test_real_kornia_repeats_and_leaves_the_global_generator_alone() -> None:
    augmentation = pytest.importorskip("kornia.augmentation")
    door = Kornia(augmentation.RandomAffine(degrees=15.0, translate=(0.1, 0.1), p=1.0))
    images = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
    before = torch.get_rng_state()
    augmented = door(images, draws())
    assert torch.equal(torch.get_rng_state(), before)
    assert augmented.shape == images.shape
    assert augmented.dtype == torch.float32
    assert augmented.min() >= 0
    assert augmented.max() <= 1
    torch.rand(3)
    assert torch.equal(door(images, draws()), augmented)
    assert not torch.equal(door(images, draws(epoch=1)), augmented)
