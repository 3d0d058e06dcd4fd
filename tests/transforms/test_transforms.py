"""What every name of `imgcls.transforms` promises."""

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from imgcls import transforms
from imgcls.transforms import Draws, Mix, Transform


class Jitter(nn.Module):
    """Stands for a library's augmentation: it draws from the global generator."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images * torch.rand(len(images), 1, 1, 1)


ARGUMENTS = {"Kornia": {"augmentation": Jitter()}}
MAKES_FLOATS = {"Kornia"}
DRAWS_FOR_THE_BATCH = {"Kornia"}
SHAPES = [(1, 3, 32, 32), (16, 1, 28, 28), (5, 3, 9, 14)]


def concrete(kind: type) -> list[str]:
    found = [getattr(transforms, name) for name in transforms.__all__]
    return [
        each.__name__
        for each in found
        if inspect.isclass(each) and issubclass(each, kind) and not inspect.isabstract(each)
    ]


def build(name: str) -> Any:
    return getattr(transforms, name)(**ARGUMENTS.get(name, {}))


def random_images(shape: tuple[int, ...], dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    pixels = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0))
    return pixels.to(dtype) if dtype == torch.uint8 else pixels.to(dtype) / 255


def draws(number: int, epoch: int = 0) -> Draws:
    return Draws(seed=0, epoch=epoch, index=torch.arange(number))


every_transform = pytest.mark.parametrize("name", concrete(Transform))
every_mix = pytest.mark.parametrize("name", concrete(Mix))


def test_every_public_name_is_tested() -> None:
    assert sorted(transforms.__all__) == sorted(
        [*concrete(Transform), *concrete(Mix), "Draws", "Mix", "Transform", "normalise", "sobel"]
    )


# Transforms that do the same to all images of an epoch.
WITHOUT_CHANCE = {"ProgressiveResize"}


@every_transform
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32], ids=str)
def test_shape_and_dtype_stay_and_the_input_too(
    name: str, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    images = random_images(shape, dtype)
    before = images.clone()
    augmented = build(name)(images, draws(len(images)))
    assert augmented.shape == shape
    assert augmented.dtype == (torch.float32 if name in MAKES_FLOATS else dtype)
    assert torch.equal(images, before)


@every_transform
def test_it_repeats_and_other_epochs_differ(name: str) -> None:
    images = random_images((64, 3, 32, 32))
    augmented = build(name)(images, draws(64))
    assert torch.equal(build(name)(images, draws(64)), augmented)
    same = torch.equal(build(name)(images, draws(64, epoch=1)), augmented)
    assert same == (name in WITHOUT_CHANCE)


@every_transform
def test_the_global_generator_is_not_touched(name: str) -> None:
    before = torch.get_rng_state()
    build(name)(random_images((8, 3, 32, 32)), draws(8))
    assert torch.equal(torch.get_rng_state(), before)


@every_transform
def test_memory_layout_does_not_matter(name: str) -> None:
    images = random_images((8, 3, 32, 32))
    strided = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(build(name)(strided, draws(8)), build(name)(images, draws(8)))


@pytest.mark.parametrize("name", sorted(set(concrete(Transform)) - DRAWS_FOR_THE_BATCH))
def test_a_image_meets_the_same_augmentation_in_any_batch(name: str) -> None:
    images = random_images((12, 3, 32, 32))
    together = build(name)(images, draws(12))
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    for places in (order[:5], order[5:]):
        apart = build(name)(images[places], Draws(seed=0, epoch=0, index=places))
        assert torch.equal(apart, together[places])


@every_mix
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_mixed_targets_are_distributions(name: str, shape: tuple[int, ...]) -> None:
    inputs, targets = random_images(shape, torch.float32), torch.arange(shape[0]) % 3
    before = inputs.clone()
    mixed, soft = build(name)(inputs, targets, 3, draws(shape[0]))
    assert mixed.shape == shape
    assert mixed.dtype == soft.dtype == torch.float32
    assert soft.shape == (shape[0], 3)
    assert soft.min() >= 0
    torch.testing.assert_close(soft.sum(1), torch.ones(shape[0]))
    assert torch.equal(inputs, before)


@every_mix
def test_a_mix_repeats_and_other_epochs_differ(name: str) -> None:
    batch = random_images((8, 3, 32, 32), torch.float32), torch.arange(8), 8
    state = torch.get_rng_state()
    mixed, soft = build(name)(*batch, draws(8))
    again, again_soft = build(name)(*batch, draws(8))
    assert torch.equal(again, mixed)
    assert torch.equal(again_soft, soft)
    assert not torch.equal(build(name)(*batch, draws(8, epoch=1))[1], soft)
    assert torch.equal(torch.get_rng_state(), state)
