import base64
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Fit
from made_files import write_tree
from PIL import Image
from torch import Tensor

from imgcls import main
from imgcls.data import Digits
from imgcls.data.images import Images
from imgcls.runs.run import Run

BIRDS = """\
trainer: {max_epochs: 1}
data: {class_path: ImageFolder, init_args: {root: birds, image_size: 8, val_fraction: 0.5}}
model: {class_path: ConvNet, init_args: {padding: 2}}
"""


def report(run: Path) -> str:
    main(["report", str(run)])
    return (run / "report.html").read_text()


def images(text: str, start: str) -> list[tuple[Image.Image, str]]:
    """Return the images whose alternative text starts so, and that text."""
    found = re.findall(rf'src="data:image/\w+;base64,([^"]+)" alt="({start}[^"]*)"', text)
    return [(Image.open(io.BytesIO(base64.b64decode(data))), alt) for data, alt in found]


@pytest.fixture(scope="module")
def tested(_trained_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of one epoch of digits_cnn that was tested and reported."""
    logs = shutil.copytree(_trained_once, tmp_path_factory.mktemp("tested") / "lightning_logs")
    run = logs / "digits_cnn" / "version_0"
    main(["test", "--ckpt_path", str(run)])
    report(run)
    return run


@pytest.fixture(scope="module")
def text(tested: Path) -> str:
    return (tested / "report.html").read_text().replace("&nbsp;", " ")


def test_a_page_shows_the_result_and_loads_nothing(tested: Path, text: str) -> None:
    result = Run(tested).result
    for split in ("train", "val", "test"):
        assert f"{100 * result[split]['accuracy']:.2f} %" in text
        low, high = result[split]["accuracy_interval"]
        assert re.search(rf"95 %: {100 * low:.1f} to\s+{100 * high:.1f} %", text)
    assert "test set evaluated once" in text
    assert "Classes of the test split" in text
    fit = f"imgcls fit --config {tested}/config.yaml --name digits_cnn"
    assert f"<dt>to train again</dt><dd><code>{fit}</code>" in text
    assert f"<dt>to test</dt><dd><code>imgcls test --ckpt_path {tested}</code>" in text
    assert "class_path: imgcls.data.Digits" in text or "class_path: Digits" in text
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?!data:)', text)
    assert len(text) < 6 * 2**20


def test_the_hardest_test_images_come_first_with_their_predictions(tested: Path, text: str) -> None:
    predictions = Run(tested).predictions("test")
    assert predictions is not None
    shown = images(text, "An image of .*predicted")
    order = np.argsort(-predictions.losses)[: len(shown)]
    assert len(shown) == 28
    pixels = Digits().test_images.pixels
    for (image, alt), index in zip(shown, order, strict=True):
        assert np.array_equal(np.asarray(image.convert("L")), pixels[predictions.rows[index], 0])
        assert alt == (
            f"An image of {predictions.labels[index]}, predicted as "
            f"{predictions.classes[index, 0]} with "
            f"{100 * predictions.probabilities[index, 0]:.1f} %; "
            f"loss {predictions.losses[index]:.2f}."
        )
    losses = [float(loss) for loss in re.findall(r"<br>loss (\d+\.\d\d)", text)]
    assert losses == pytest.approx(predictions.losses[order], abs=0.0051)


def test_the_page_shows_filters_and_maps_with_words_for_them(text: str) -> None:
    alts = [alt for _, alt in images(text, "The ")]
    label = int(Digits().val_images.labels[0])
    assert [re.sub(r"\d+ dead", "N dead", alt) for alt in alts] == [
        "The 32 filters of backbone.0, of 3x3 pixels.",
        f"The 32 maps of backbone.1 for an image of {label}, N dead.",
        f"The 32 maps of backbone.4 for an image of {label}, N dead.",
    ]


def test_every_chart_has_a_text_alternative(tested: Path, text: str) -> None:
    words = dict(re.findall(r'aria-label="([^"]*)" data-chart="(\w+)"', text))
    sentences = {name: sentence for sentence, name in words.items()}
    assert set(sentences) == {"loss", "accuracy", "confusion", "reliability", "features"}
    result = Run(tested).result
    count = result["test"]["images"]
    hits = round(count * result["test"]["accuracy"])
    assert f"{hits} of {count} images are on its diagonal" in sentences["confusion"]
    assert f"validation from {result['val']['accuracy']:.1%} to" in sentences["accuracy"]
    assert "the best epoch, 1, is marked" in sentences["loss"]
    error = 100 * result["test"]["expected_calibration_error"]
    assert f"calibration error {error:.1f} points" in sentences["reliability"]
    assert "validation images" in sentences["features"]


def test_the_author_is_named_with_the_date(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCLS_AUTHOR", "A. <Student>")
    shutil.rmtree(trained / "checkpoints")
    text = report(trained)
    assert '<meta name="author" content="A. &lt;Student&gt;">' in text
    assert re.search(r"<p>A\. &lt;Student&gt;: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d</p>", text)
    assert re.search(r"<p>A\. &lt;Student&gt;: written \d{4}-\d\d-\d\d", text)


def test_every_image_and_table_has_a_name_and_headings_step_by_one(text: str) -> None:
    tags = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    assert all('alt="' in tag for tag in re.findall(r"<img[^>]*>", tags))
    regions = re.findall(r"<div[^>]*tabindex[^>]*>", tags)
    assert regions
    assert all("aria-label=" in tag for tag in regions)
    assert set(re.findall(r"<h(\d)", tags)) == {"1", "2"}
    assert tags.count("<h1") == 1


def test_an_untested_run_shows_its_validation_split_and_the_test_split_is_left_alone(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Images] = []
    logits = Run.logits

    def noted(run: Run, images: Images) -> Tensor:
        seen.append(images)
        return logits(run, images)

    monkeypatch.setattr(Run, "logits", noted)
    monkeypatch.setattr(Digits, "test_images", property(lambda data: pytest.fail("an evaluation")))
    (trained / "answers_val.npz").unlink()
    text = report(trained)
    assert "Not tested yet" in text
    assert "Classes of the validation split" in text
    assert "they were computed again" in text
    val = Digits().val_images
    assert seen
    assert all(set(images.rows.tolist()) <= set(val.rows.tolist()) for images in seen)
    assert all(torch.equal(images.pixels, val.pixels) for images in seen)


@pytest.mark.parametrize("lost", ["weights", "weights and predictions"])
def test_a_run_without_weights_has_a_page_with_a_note(lost: str, trained: Path) -> None:
    shutil.rmtree(trained / "checkpoints")
    if lost == "weights and predictions":
        (trained / "answers_val.npz").unlink()
    text = report(trained)
    parts = "t-SNE, activations, filters"
    if lost == "weights and predictions":
        parts = f"classes, confusions, {parts}"
    assert f"Without {parts}: its weights were not saved (no best.ckpt or last.ckpt in " in text
    assert ("Classes of the" in text) == (lost == "weights")
    assert ("Highest losses" in text) == (lost == "weights")
    assert "Loss over the epochs" in text


def test_course_mode_names_the_split_of_its_curves(fit: Fit) -> None:
    text = report(fit("--data.validate_on", "test", "--data.val_fraction", 0))
    assert "Without classes, confusions, t-SNE: the run has no validation split." in text
    assert "Validation used the test split in every epoch" in text
    assert "at best" not in text
    assert "The 32 filters of backbone.0," in text


def test_names_are_no_markup(trained: Path) -> None:
    shutil.rmtree(trained / "checkpoints")
    path = trained / "result.json"
    path.write_text(path.read_text().replace('"digits_cnn"', '"<b>&"'))
    assert "<title>&lt;b&gt;&amp;/version_0</title>" in report(trained)


@pytest.fixture
def birds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a run on a folder of sixteen images."""
    monkeypatch.chdir(tmp_path)
    write_tree(Path("birds"), {"jay": 8, "wren": 8}, shape=(3, 8, 8))
    Path("birds.yaml").write_text(BIRDS)
    main(["fit", "--config", "birds.yaml"])
    return Path("lightning_logs/birds/version_0")


def test_missing_data_are_reported_once_and_the_rest_is_there(
    birds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree("birds")
    text = report(birds)
    sentence = "Without highest losses, t-SNE, activations: there is no folder "
    assert text.count(sentence) == capsys.readouterr().out.count(sentence) == 1
    assert "Classes of the validation split" in text
    assert "Highest losses" not in text
    assert "t-SNE of the features" not in text


def test_other_images_than_those_of_the_predictions_are_not_shown(birds: Path) -> None:
    shutil.copy("birds/train/jay/jay_1.png", "birds/train/jay/jay_9.png")
    text = report(birds)
    words = "1 of 9 validation images are new, none of them was trained on"
    assert re.search(f"Without highest losses, t-SNE, activations: in .*birds {words}", text)


def test_a_model_without_convolutions_has_no_section_on_its_first_layers(fit: Fit) -> None:
    text = report(fit("--model", "FullyConnected"))
    assert "First layers" not in text
    assert "Without" not in text


@pytest.mark.parametrize("missing", ["config.yaml", "metrics.csv"])
def test_half_a_run_is_refused(
    missing: str, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trained / missing).unlink()
    with pytest.raises(SystemExit, match=r"^2$"):
        report(trained)
    assert f"has no {missing}: give the folder of a finished run" in capsys.readouterr().err


def test_what_refuses_imports_nothing_that_takes_seconds() -> None:
    code = (
        "import sys; from imgcls.cli import report; "
        "print({'torch', 'bokeh', 'matplotlib'} & set(sys.modules))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.stdout == "set()\n"
