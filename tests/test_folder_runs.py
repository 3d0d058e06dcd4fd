"""A run on a folder of images knows what it was trained on, whatever becomes of the folder."""

import gzip
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Command, folder_of
from made_files import made_pixels, write_cifar10, write_image
from PIL import Image

from imgcls import main
from imgcls.cli import data as doctor
from imgcls.cli.predict import Prediction, top_predictions
from imgcls.data.image_folder import ImageFolder
from imgcls.data.images import Images
from imgcls.runs.run import Run
from imgcls.runs.split_manifest import read_manifest

CONFIG = """\
trainer: {max_epochs: EPOCHS}
data: {class_path: ImageFolder, init_args: {root: birds, image_size: 8, OPTIONS}}
model:
  class_path: ConvNet
  init_args: {padding: 2, optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.01}}}
"""


def write_class(folder: Path, count: int, first: int = 0) -> None:
    """Write images that differ from those of all other classes and numbers."""
    seed = sum(folder.name.encode())
    for number, pixels in enumerate(made_pixels(first + count, seed, (3, 8, 8))[first:], first):
        write_image(folder / f"{number}.png", pixels)


def write_config(options: str = "", epochs: int = 1) -> None:
    text = CONFIG.replace("OPTIONS", options).replace("EPOCHS", str(epochs))
    Path("birds.yaml").write_text(text)


def brighten_one(file: Path) -> None:
    Image.fromarray(np.asarray(Image.open(file)) // 2 + 100).save(file)


def brighten(folder: Path) -> None:
    for file in folder.rglob("*.png"):
        brighten_one(file)


@pytest.fixture
def run(command: Command) -> Path:
    """Return a run on 20 jays and 20 wrens of a folder without splits."""
    for name in ("jay", "wren"):
        write_class(Path("birds", name), 20)
    write_class(Path("others"), 5)
    write_config()
    return folder_of(command("fit", "--config", "birds.yaml"))


def refused(command: Command, capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit, match=r"^2$"):
        command(*arguments)
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error.removeprefix("imgcls: ").rstrip()


def probabilities(run: Path) -> torch.Tensor:
    """Return what `imgcls predict` computes of others/, to the last digit."""
    seen: list[torch.Tensor] = []

    def keep(names: list[str], found: torch.Tensor, classes: tuple[str, ...]) -> list[Prediction]:
        assert classes == ("jay", "wren")
        seen.append(found)
        return top_predictions(names, found, classes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imgcls.cli.predict.top_predictions", keep)
        main(["predict", "--ckpt_path", run, "--images", run.parents[2] / "others"])
    return seen[0]


def bright(birds: Path) -> None:
    brighten(birds)


def grown(birds: Path) -> None:
    write_class(birds / "jay", 100, first=20)
    write_class(birds / "heron", 10)


def gone(birds: Path) -> None:
    shutil.rmtree(birds)
    for name in ("jay", "wren", "owl"):  # nor does another folder stand in for it
        write_class(birds.with_name("data") / name, 5)
    os.environ["IMGCLS_DATA"] = str(birds.with_name("data"))


def elsewhere(birds: Path) -> None:
    (birds.parent / "far").mkdir()
    os.chdir(birds.parent / "far")


@pytest.mark.parametrize("change", [bright, grown, gone, elsewhere])
def test_predictions_stay_equal_to_the_last_digit(
    run: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    run = run.absolute()
    monkeypatch.setenv("IMGCLS_DATA", "nowhere")
    before = probabilities(run)
    change(run.parents[2] / "birds")
    assert torch.equal(probabilities(run), before)
    pixels = torch.from_numpy(made_pixels(5, sum(b"others"), (3, 8, 8)))
    logits = Run(run).logits(Images(pixels, torch.zeros(5, dtype=torch.long)))
    assert torch.allclose(logits.softmax(1), before, atol=1e-6)


def test_a_checkpoint_says_how_images_are_resized_and_an_older_one_loads(run: Path) -> None:
    path = run / "checkpoints" / "best.ckpt"
    content = torch.load(path, weights_only=True)
    facts = content["ImageFolder"]
    assert facts.keys() == {"data", "classes", "image_shape", "mean", "std", "resize"}
    assert facts["resize"] == "crop"
    before = probabilities(run)
    del facts["resize"]
    torch.save(content, path)
    assert torch.equal(probabilities(run), before)


def test_images_of_another_size_than_the_models_are_refused(
    run: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--ckpt_path", run, "--images", "others", "--data.image_size", 12)
    text = "was trained on images of 8x8, but data.image_size is 12: give 8"
    assert text in refused(command, capsys, "predict", *flags)


def test_a_run_has_the_content_of_each_file_from_its_beginning(run: Path) -> None:
    content = json.loads(gzip.decompress((run / "split.json.gz").read_bytes()))
    assert content["data"] == "ImageFolder"
    files = content["splits"]
    assert {split: len(names) for split, names in files.items()} == {
        "train": 32, "val": 4, "test": 4,
    }  # fmt: skip
    for names in files.values():
        for path, content_hash in names.items():
            digest = hashlib.blake2b(Path("birds", path).read_bytes(), digest_size=8)
            assert content_hash == digest.hexdigest()
    answers = Run(run).predictions("val")
    assert len(answers.labels) == len(files["val"])


def split_tree(command: Command, options: str = "") -> Path:
    """Return a run on a tree of 80 images to train on and 24 to test."""
    for split, count in (("train", 40), ("test", 12)):
        for name in ("jay", "wren"):
            write_class(Path("birds", split, name), count, first=0 if split == "train" else 50)
    write_config(options)
    return folder_of(command("fit", "--config", "birds.yaml"))


def add_twelve() -> None:
    """Add four copies of training images and eight new images to the test split."""
    write_class(Path("birds/test/jay"), 8, first=80)
    trained = ImageFolder(Path("birds"), image_size=8).file_hashes("train")
    for number, path in enumerate(list(trained)[:4]):
        shutil.copy(Path("birds", path), f"birds/test/jay/copy_{number}.png")


def test_a_grown_test_split_is_refused_or_counted(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    run = split_tree(command)
    add_twelve()
    words = "12 of 36 test images are new, 4 of them were trained on"
    error = refused(command, capsys, "test", "--ckpt_path", run)
    assert error == (
        f"{words}: give the data that {run} was trained on, or add --allow_changed_data true, "
        "which is recorded"
    )
    assert "test" not in Run(run).result
    assert Run(run).result["test_evaluations"] == 0
    command("test", "--ckpt_path", run, "--allow_changed_data")
    assert f"changed data: {words}\n" in capsys.readouterr().out
    scores = Run(run).result["test"]
    assert scores["images"] == 36
    assert scores["changed_data"] == {
        "test": {"images": 36, "new": 12, "replaced": 0, "trained_on": 4, "gone": 0}
    }
    assert "allow_changed_data" not in Run(run).config
    refused(command, capsys, "test", "--ckpt_path", run)  # it is asked anew each time


def test_replaced_moved_and_missing_images_are_distinguished(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    run = split_tree(command)
    folder = Path("birds/test/jay")
    (folder / "50.png").rename(folder / "renamed.png")  # its content is known
    (folder / "51.png").rename("birds/test/wren/moved.png")  # as that of another class
    (folder / "52.png").unlink()
    brighten_one(folder / "53.png")
    assert refused(command, capsys, "test", "--ckpt_path", run).startswith(
        "1 of 23 test images are new and 1 of 23 test images have another content, none of them "
        "was trained on; 2 test images of the run are gone: give the data"
    )


def test_one_file_more_leaves_the_test_as_it_was(command: Command, run: Path) -> None:
    command("test", "--ckpt_path", run)
    before, tested = Run(run).result["test"], Run(run).data.file_hashes("test")
    trained = next(iter(Run(run).data.file_hashes("train") or {}))
    shutil.copy(Path("birds", trained), Path("birds", trained).with_name("0_copy.png"))
    assert Run(run).data.file_hashes("test") == tested
    command("test", "--ckpt_path", run)
    assert Run(run).result["test"] == before


def test_no_training_image_of_a_grown_folder_is_tested(
    command: Command, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_class(Path("birds/jay"), 100, first=20)
    error = refused(command, capsys, "test", "--ckpt_path", run)
    found = re.match(r"(\d+) of (\d+) test images are new, none of them was trained on: ", error)
    assert found
    assert int(found[2]) == int(found[1]) + 4
    assert "validation images are new" in refused(command, capsys, "validate", "--ckpt_path", run)
    command("test", "--ckpt_path", run, "--allow_changed_data", "true")
    assert Run(run).result["test"]["images"] == int(found[2])


def test_a_new_class_is_refused_or_left_out(
    command: Command, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_class(Path("birds/heron"), 10)
    error = refused(command, capsys, "test", "--ckpt_path", run)
    words = "trained on 2 classes of ImageFolder, the data ImageFolder has 3; they differ in: heron"
    assert words in error
    assert error.endswith("; --allow_changed_data true leaves the images of new classes out")
    command("test", "--ckpt_path", run, "--allow_changed_data", "true")
    assert "changed data: new classes are left out: heron\n" in capsys.readouterr().out
    assert Run(run).result["test"]["images"] == 4
    assert Run(run).result["test"]["changed_data"] == {"new_classes": ["heron"]}
    assert list(Run(run).result["test"]["class_accuracy"]) == ["jay", "wren"]


def test_a_run_resumes_with_its_images_or_records_others(
    command: Command, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "result.json").unlink()  # as if it had been stopped
    manifest, config = (run / "split.json.gz").read_bytes(), (run / "config.yaml").read_bytes()
    brighten(Path("birds/jay"))
    error = refused(command, capsys, "fit", "--ckpt_path", run)
    assert error.startswith(
        "16 of 32 training images have another content; 2 of 4 validation images have another "
        "content, none of them was trained on: give the data"
    )
    assert [path.name for path in run.parent.iterdir()] == ["version_0"]
    command("fit", "--ckpt_path", run, "--allow_changed_data", "true")
    assert Run(run).result["changed_data"]["train"]["replaced"] == 16
    assert Run(run).result["changed_data"]["val"]["replaced"] == 2
    assert Run(run).is_finished
    assert (run / "split.json.gz").read_bytes() == manifest
    assert (run / "config.yaml").read_bytes() == config


def test_an_older_run_is_compared_with_nothing(
    command: Command, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "split.json.gz").unlink()
    brighten(Path("birds"))
    command("test", "--ckpt_path", run)
    assert f"{run} has no split.json.gz: it is not known" in capsys.readouterr().out


def test_a_damaged_manifest_is_reported(
    command: Command, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "split.json.gz").write_bytes(b"0" * 10)
    error = refused(command, capsys, "test", "--ckpt_path", run)
    assert error.startswith(f"{run}/split.json.gz is damaged: copy it again")


def test_official_splits_are_compared_as_a_whole(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels, labels = made_pixels(40), [*range(10)] * 4
    write_cifar10(Path("made/cifar-10-batches-py"), pixels, labels)
    Path("cifar.yaml").write_text(
        "trainer: {max_epochs: 1}\ndata: {class_path: CIFAR10, init_args: {root: made}}\n"
        "model: {class_path: ConvNet}\n"
    )
    run = folder_of(command("fit", "--config", "cifar.yaml"))
    manifest = read_manifest(Run(run))
    assert manifest is not None
    assert manifest["test"] == Images(torch.from_numpy(pixels), torch.tensor(labels)).content_hash(
        Run(run).data.classes
    )
    command("test", "--ckpt_path", run)
    pixels[7, 1, 2, 3] ^= 1
    write_cifar10(Path("made/cifar-10-batches-py"), pixels, labels)
    error = refused(command, capsys, "test", "--ckpt_path", run)
    words = r"the test images are not those of the run \(their hash is \w{32}, not \w{32}\): "
    assert re.match(words, error)
    command("test", "--ckpt_path", run, "--allow_changed_data", "true")
    changed = Run(run).result["test"]["changed_data"]["test"]
    assert changed["hash_of_run"] == manifest["test"] != changed["hash"]


def test_a_val_folder_is_the_validation_split(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for split, count in (("train", 9), ("val", 5), ("test", 3)):
        for name in ("jay", "wren"):
            write_class(Path("birds", split, name), count, first=20 * count)
    write_config("val_fraction: 0.1")
    run = folder_of(command("fit", "--config", "birds.yaml"))
    assert "used as they are; val_fraction 0.1 is not used\n" in capsys.readouterr().out
    result = Run(run).result
    assert (result["train"]["images"], result["val"]["images"]) == (18, 10)
    command("test", "--ckpt_path", run)
    assert Run(run).result["test"]["images"] == 6


def test_small_classes_are_validated_or_refused(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, count in (("jay", 100), ("owl", 4), ("wren", 4)):
        write_class(Path("birds", "train", name), count)
        write_class(Path("birds", "test", name), 2, first=200)
    write_config("val_fraction: 0.1")
    run = folder_of(command("fit", "--config", "birds.yaml"))
    assert Run(run).data.val_images.labels.bincount().tolist() == [10, 1, 1]
    for number in (1, 2):
        Path(f"birds/train/owl/{number}.png").unlink()
    error = refused(command, capsys, "fit", "--config", "birds.yaml", "--name", "new")
    assert error.startswith("class 'owl' has no images in the validation split: add some, ")
    assert not Path("lightning_logs/new").exists()
    shutil.rmtree("birds/test/wren")
    error = refused(command, capsys, "fit", "--config", "birds.yaml", "--name", "new")
    assert "class 'wren' has no images in the test split of " in error
    flags = ("--name", "new", "--allow_missing_classes")
    new = folder_of(command("fit", "--config", "birds.yaml", *flags))
    assert Run(new).result["val"]["images"] == 11
    command("test", "--ckpt_path", new)  # the run's config says that it may
    assert Run(new).result["test"]["images"] == 4


def test_images_in_two_splits_are_counted(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("jay", "wren"):
        write_class(Path("birds", "train", name), 20)
    shutil.copytree("birds/train", "birds/test")
    write_config("val_fraction: 0.1")
    command("fit", "--config", "birds.yaml")
    warning = (
        "warning: 36 of 40 test images are also in train, 4 of 40 test images are also in val: "
    )
    assert warning in capsys.readouterr().out
    assert doctor.run(["birds"]) == 1
    assert "problem: test: 40 are also in train: jay/0 = jay/0" in capsys.readouterr().out
