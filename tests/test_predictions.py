import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from imgcls import main
from imgcls.data.images import Images
from imgcls.data.loose_pictures import loose_pictures
from imgcls.data.picture_files import Resize
from imgcls.predictions import write_predictions


def test_the_most_probable_classes_come_first() -> None:
    pictures = Images(torch.zeros(2, 1, 2, 2, dtype=torch.uint8), torch.zeros(2).long(), ["a", "b"])
    file = io.StringIO()
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    write_predictions(file, pictures, logits, ["cat", "dog", "owl"])
    header, first, second = csv.reader(io.StringIO(file.getvalue()))
    assert header[:3] == ["picture", "class_1", "probability_1"]
    assert first[0::2] == ["a", "0.6652", "0.2447", "0.0900"]  # softmax of 2, 1, 0 by hand
    assert first[1::2] == ["dog", "owl", "cat"]
    assert second[:2] == ["b", "cat"]


def test_pictures_of_any_size_and_colour_are_classified(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "photos" / "deep"
    folder.mkdir(parents=True)
    digit = Image.fromarray((load_digits().images[0] * 255 / 16).astype(np.uint8))
    digit.resize((40, 30)).convert("RGB").save(folder / "zero.png")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture either")
    capsys.readouterr()
    main(["predict", "--ckpt_path", str(trained), "--images", str(tmp_path / "photos")])
    output = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(output.out)))
    assert [row["picture"] for row in rows] == [str(folder / "zero.png")]
    probabilities = [float(rows[0][f"probability_{rank}"]) for rank in range(1, 6)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert "left out" in output.err
    assert "broken.png" in output.err


def test_no_picture_is_said(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["predict", "--ckpt_path", str(trained), "--images", str(tmp_path / "empty")])
    assert "empty is no picture and holds none that can be read" in capsys.readouterr().err


@pytest.mark.parametrize(("resize", "white"), [("crop", 1.0), ("squeeze", 0.5)])
def test_a_wide_picture_is_cropped_or_squeezed_as_the_training_pictures_were(
    tmp_path: Path, resize: Resize, white: float
) -> None:
    wide = np.zeros((8, 24), np.uint8)
    wide[:, 6:18] = 255  # the middle half is white
    Image.fromarray(wide).save(tmp_path / "wide.png")

    images, _ = loose_pictures(tmp_path, (1, 8, 8), resize)

    assert (images.pixels[0] > 127).float().mean() == white
