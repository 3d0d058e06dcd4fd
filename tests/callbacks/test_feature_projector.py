from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from torch.utils.tensorboard import SummaryWriter

from imgcls.callbacks import feature_projector
from imgcls.callbacks.feature_projector import add_embedding, thumbnails
from imgcls.callbacks.features import Features

PIXELS = torch.arange(5 * 4, dtype=torch.uint8).reshape(5, 1, 2, 2) * 10
LABELS = np.arange(5)


def features(layer: str, split: Any, values: np.ndarray) -> Features:
    return Features(layer, values, np.arange(5), LABELS, split, 7)


def shown(run: Path) -> list[str]:
    config = text_format.Parse((run / "projector_config.pbtxt").read_text(), ProjectorConfig())
    return [each.tensor_name for each in config.embeddings]


def test_a_later_writer_keeps_the_layers_of_an_earlier_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    metadata = [["cat", "dog"]] * 4 + [["dog", "dog"]]
    images = thumbnails(PIXELS)
    with SummaryWriter(tmp_path) as writer:
        add_embedding(writer, features("head.input", "val", values), metadata, images)
        add_embedding(writer, features("backbone.1", "val", values), metadata, images)
    for _ in range(2):  # tested twice
        with SummaryWriter(tmp_path) as writer:
            add_embedding(writer, features("head.input", "test", 2 * values), metadata, images)
    assert shown(tmp_path) == [
        "val_head.input:00007", "val_backbone.1:00007", "test_head.input:00007"
    ]  # fmt: skip
    assert capsys.readouterr().out == ""
    folder = tmp_path / "00007" / "test_head.input"
    assert np.allclose(np.loadtxt(folder / "tensors.tsv"), 2 * values)
    lines = (folder / "metadata.tsv").read_text().splitlines()
    assert lines == ["class\tpredicted", *["cat\tdog"] * 4, "dog\tdog"]
    with Image.open(folder / "sprite.png") as sprite:  # 3 x 3 cells of 2 x 2 pixels
        assert sprite.size == (6, 6)
        grey = np.asarray(sprite)[..., 0]
    assert np.array_equal(grey[:2, 2:4], PIXELS[1, 0])
    assert np.array_equal(grey[2:4, 2:4], PIXELS[4, 0])


def test_many_large_images_are_downsized_to_fit_a_sprite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feature_projector, "SPRITE", 5)  # 9 cells leave 1 pixel to each
    assert thumbnails(PIXELS).shape == (5, 3, 1, 1)
    monkeypatch.setattr(feature_projector, "SPRITE", 6)
    assert torch.equal(thumbnails(PIXELS), PIXELS.expand(-1, 3, -1, -1) / 255)
