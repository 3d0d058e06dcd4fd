import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Fit
from PIL import Image
from sklearn.datasets import load_digits

from imgcls import main
from imgcls.callbacks.run_figures import heat_figure
from imgcls.cli.predict import as_csv, as_json, grid, top_predictions
from imgcls.data import Digits
from imgcls.data.images import Images
from imgcls.data.sources.image_files import Resize
from imgcls.data.unlabelled_images import unlabelled_images_of
from imgcls.models import Classifier, SmallCNN

CLASSES = ["cat", "dog", "owl"]


def test_the_most_probable_classes_come_first() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    predictions = top_predictions(["a", "b"], logits.softmax(1), CLASSES)
    header, first, second = csv.reader(io.StringIO(as_csv(predictions)))
    assert header[:3] == ["picture", "class_1", "probability_1"]
    assert first[0::2] == ["a", "0.6652", "0.2447", "0.0900"]  # softmax of 2, 1, 0 by hand
    assert first[1::2] == ["dog", "owl", "cat"]
    assert second[:2] == ["b", "cat"]
    one, other = json.loads(as_json(predictions))
    assert one == {
        "picture": "a",
        "answers": [
            {"class": "dog", "probability": 0.6652},
            {"class": "owl", "probability": 0.2447},
            {"class": "cat", "probability": 0.09},
        ],
    }
    assert other["answers"][0]["class"] == "cat"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder with an image of another size and mode, a broken one and a text."""
    folder = tmp_path / "photos" / "deep"
    folder.mkdir(parents=True)
    digit = Image.fromarray((load_digits().images[0] * 255 / 16).astype(np.uint8))
    digit.resize((40, 30)).convert("RGB").save(folder / "zero.png")
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("no image either")
    return folder


def test_images_of_any_size_and_colour_are_classified(
    trained: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    main(["predict", "--ckpt_path", str(trained), "--images", str(photos.parent)])
    output = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(output.out)))
    assert [row["picture"] for row in rows] == [str(photos / "zero.png")]
    probabilities = [float(rows[0][f"probability_{rank}"]) for rank in range(1, 6)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert "left out" in output.err
    assert "broken.png" in output.err


def test_predictions_are_written_drawn_and_explained(
    trained: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["predictions.json", "grid.svg", "heat.PNG"]
    flags = zip(("--output", "--grid", "--grad_cam"), files, strict=True)
    capsys.readouterr()
    main(
        ["predict", "--ckpt_path", str(trained), "--images", str(photos / "zero.png")]
        + [each for pair in flags for each in pair]
    )
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "".join(f"wrote {name}\n" for name in files)
    (row,) = json.loads(Path("predictions.json").read_text())
    assert row["picture"] == str(photos / "zero.png")
    assert len(row["answers"]) == 5
    first = row["answers"][0]
    assert "<svg" in Path("grid.svg").read_text()
    assert Path("heat.PNG").read_bytes().startswith(b"\x89PNG")
    data = Digits()
    images, _ = unlabelled_images_of([photos / "zero.png"], data.image_shape, "crop")
    model = SmallCNN.load_from_checkpoint(trained / "checkpoints" / "best.ckpt", weights_only=True)
    with torch.no_grad():
        probabilities = model.eval()(data.normalised(images.pixels)).softmax(1)
    assert first["probability"] == pytest.approx(probabilities.max().item(), abs=1e-4)
    figure = heat_figure(model, data, images.batch([0]), "predictions for 1 image", probabilities)
    assert figure.axes[0].texts[-1].get_text() == f"{first['class']} {probabilities.max():.0%}"
    title = figure.get_suptitle().replace("\n", " ")
    assert title == "Grad-CAM of backbone.6: predictions for 1 image"


def test_no_more_than_a_hundred_are_drawn() -> None:
    images = Images(torch.zeros(101, 1, 4, 4, dtype=torch.uint8), torch.zeros(101).long())
    figure = grid(images, torch.tensor([[0.2, 0.7, 0.1]]).repeat(101, 1), CLASSES)
    assert figure.get_suptitle() == "predictions for the first 100 of 101 images"
    assert [text.get_text() for text in figure.axes[0].texts] == ["dog 70%"] * 100


def test_the_precision_is_that_of_the_run(
    fit: Fit, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("imgcls.callbacks.mixed_precision.processor_has_bfloat16", lambda: True)
    run = fit("--trainer.callbacks", "MixedPrecision")
    computed: list[torch.dtype] = []

    def forward(model: Classifier, inputs: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = model.head(model.features(inputs))
        computed.append(logits.dtype)
        return logits

    monkeypatch.setattr(Classifier, "forward", forward)
    capsys.readouterr()
    main(["predict", "--ckpt_path", str(run), "--images", str(photos)])
    assert computed == [torch.bfloat16]
    assert capsys.readouterr().out.startswith("picture,")


def test_no_image_is_reported(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["predict", "--ckpt_path", str(trained), "--images", str(tmp_path / "empty")])
    assert "empty is no image and holds none that can be read" in capsys.readouterr().err


@pytest.mark.parametrize(("resize", "white"), [("crop", 1.0), ("squeeze", 0.5)])
def test_a_wide_image_is_cropped_or_squeezed_as_the_training_images_were(
    tmp_path: Path, resize: Resize, white: float
) -> None:
    wide = np.zeros((8, 24), np.uint8)
    wide[:, 6:18] = 255  # the middle half is white
    Image.fromarray(wide).save(tmp_path / "wide.png")

    images, _ = unlabelled_images_of([tmp_path], (1, 8, 8), resize)

    assert (images.pixels[0] > 127).float().mean() == white
