"""A small folder tree of CIFAR-100: images linked from the whole one, or random."""

from pathlib import Path

import numpy as np
from PIL import Image

from imgcls import data, default_root


def lay_out(images: int, root: Path) -> Path:
    """Return a folder tree with at least ``images`` training images, as many of each class.

    Images that ``cifar100`` under ``$IMGCLS_DATA`` lacks have random pixels.

    Args:
        images: Number of training images; each class also has one test image.
        root: Folder in which ``cifar100/{train,test}/<class>/*.png`` is created.
    """
    source, target = default_root() / "cifar100", root / "cifar100"
    random = np.random.default_rng(0)
    numbers = {"train": -(-images // len(data.CIFAR100.classes)), "test": 1}
    for name in data.CIFAR100.classes:
        for split, number in numbers.items():
            folder = target / split / name
            folder.mkdir(parents=True)
            files = sorted((source / split / name).glob("*.png"))[:number]
            for file in files:
                (folder / file.name).symlink_to(file)
            for index in range(len(files), number):
                pixels = random.integers(256, size=(32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"made_{index}.png")
    return target
