from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from made_files import write_tree
from PIL import Image
from torch import Tensor

from imgcls.batch import Batch
from imgcls.data import CIFAR100, CIFAR100Sobel, SobelPairs
from imgcls.transforms import AlternatingFlip, MixUp, ProgressiveResize, RandomCrop, sobel


def made(root: Path, training: bool = False, **options: Any) -> tuple[CIFAR100Sobel, Batch]:
    """Return a data module and its first batch, as it reaches the network."""
    write_tree(root / "cifar100", dict.fromkeys(CIFAR100.classes, 2))
    data = CIFAR100Sobel(
        root=root, classes=("bee", "seal"), val_fraction=0, batch_size=4, **options
    )
    data.trainer = SimpleNamespace(
        training=training, current_epoch=0, max_epochs=2, world_size=1, global_rank=0,
        strategy=SimpleNamespace(root_device=torch.device("cpu")),
    )  # fmt: skip
    return data, data.on_after_batch_transfer(next(iter(data.ordered_loader(data.train_images))), 0)


def pixels(data: CIFAR100Sobel, normal: Tensor) -> Tensor:
    mean, std = (torch.tensor(each)[:, None, None] for each in (data.mean, data.std))
    return normal * std + mean


@pytest.mark.parametrize("training", [False, True])
def test_the_gradient_is_that_of_the_image_as_augmented(training: bool, tmp_path: Path) -> None:
    data, batch = made(tmp_path, training, augment=[AlternatingFlip(), RandomCrop(4)])
    images, gradients = batch.inputs
    assert images.shape == gradients.shape == (4, 3, 32, 32)
    shown = pixels(data, images)
    expected = (sobel(shown) - data.gradient_mean) / data.gradient_std
    torch.testing.assert_close(gradients, expected, atol=1e-3, rtol=0)
    stored = torch.from_numpy(data.train_images.pixels[data.train_images.rows].numpy()) / 255
    assert torch.allclose(shown, stored, atol=1e-5) is not training


def test_images_may_be_made_larger(tmp_path: Path) -> None:
    data, batch = made(tmp_path, image_size=64)
    images, gradients = batch.inputs
    assert data.image_shape == (3, 64, 64)
    assert images.shape == gradients.shape == (4, 3, 64, 64)
    expected = (sobel(pixels(data, images)) - data.gradient_mean) / data.gradient_std
    torch.testing.assert_close(gradients, expected, atol=1e-3, rtol=0)


def test_images_that_the_augmentation_made_smaller_stay_so(tmp_path: Path) -> None:
    smaller = [ProgressiveResize(start=20, until=1.0)]
    for size, side in ((32, 20), (64, 40)):
        _, batch = made(tmp_path, training=True, augment=smaller, image_size=size)
        assert {view.shape for view in batch.inputs} == {(4, 3, side, side)}


def test_a_mix_blends_images_and_gradients_by_the_same_fraction(tmp_path: Path) -> None:
    _, plain = made(tmp_path, training=True)
    _, mixed = made(tmp_path, training=True, mix=MixUp(1.0))
    weight = mixed.targets.amax(1)[0].item()
    for view, before in zip(mixed.inputs, plain.inputs, strict=True):
        near = weight * before + (1 - weight) * before.roll(1, 0)
        far = (1 - weight) * before + weight * before.roll(1, 0)
        assert torch.allclose(view, near, atol=1e-4) or torch.allclose(view, far, atol=1e-4)


def test_the_flat_tree_has_the_labels_that_naive_matching_gets_wrong(tmp_path: Path) -> None:
    # "bee" is in beetle, "man" in woman, "train" in the folder's own name
    write_tree(tmp_path / "cifar100", dict.fromkeys(CIFAR100.classes, 1), flat=True, suffix=".jpg")
    data = CIFAR100Sobel(root=tmp_path)
    for split in ("train", "test"):
        images = data.load(split)
        assert images.names is not None
        found = {
            name.rpartition("/")[2].rpartition("_")[0]: CIFAR100.classes[label]
            for name, label in zip(images.names, images.labels.tolist(), strict=True)
        }
        assert found == {name: name for name in CIFAR100.classes}
        assert {"beetle", "porcupine", "seal", "woman", "train", "pine_tree"} <= found.keys()


def test_any_data_set_gives_pairs() -> None:
    array = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    tensor = torch.from_numpy(array).permute(2, 0, 1)
    items: Any = [(Image.fromarray(array), 3), (tensor, 4), (tensor / 255, "five")]
    pairs = SobelPairs(items)
    assert len(pairs) == 3
    for position, label in enumerate((3, 4, "five")):
        (image, gradient), found = pairs[position]
        assert found == label
        torch.testing.assert_close(image, tensor / 255)
        assert torch.equal(gradient, sobel(image[None])[0])
        assert type(image) is type(gradient) is Tensor
