"""A small folder tree of CIFAR-100: pictures linked from the whole one, or made."""

from pathlib import Path

import numpy as np
from PIL import Image

from imgcls import data, default_root


def lay_out(pictures: int, root: Path) -> Path:
    """Return a folder tree of at least that many training pictures, as many of each class.

    What ``cifar100`` under ``$IMGCLS_DATA`` does not hold is random pixels.

    Args:
        pictures: To train on; of each class there is also one to test on.
        root: Where ``cifar100/{train,test}/<class>/*.png`` is put.
    """
    source, target = default_root() / "cifar100", root / "cifar100"
    random = np.random.default_rng(0)
    numbers = {"train": -(-pictures // len(data.CIFAR100.classes)), "test": 1}
    for name in data.CIFAR100.classes:
        for split, number in numbers.items():
            folder = target / split / name
            folder.mkdir(parents=True)
            files = sorted((source / split / name).glob("*.png"))[:number]
            for file in files:
                (folder / file.name).symlink_to(file)
            for place in range(len(files), number):
                pixels = random.integers(256, size=(32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"made_{place}.png")
    return target
