"""To exist is to be tested: every model, callback and shipped config."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from commands import Command, Fit, folder_of, same_weights
from lightning import LightningModule
from made_files import write_tree

import imgcls.callbacks
import imgcls.data
import imgcls.models
from imgcls import main
from imgcls.data import ImageDataModule
from imgcls.data.spelling import plain
from imgcls.models import Classifier
from imgcls.shipped_configs import shipped

MODELS = [name for name in imgcls.models.__all__ if name != "Classifier"]
SHAPES = [(1, 28, 28), (3, 28, 28), (3, 32, 32)]
# Callbacks that change what is learned, as their name says.
CHANGES_TRAINING = {"FreezeBackbone", "WeightEMA"}


def built(name: str, num_classes: int, shape: tuple[int, int, int]) -> Classifier:
    torch.manual_seed(0)
    model: Classifier = getattr(imgcls.models, name)(num_classes=num_classes, image_shape=shape)
    return model.eval()


def inputs_of(model: Classifier, count: int, shape: tuple[int, int, int]) -> Any:
    images = torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))
    return images if model.num_inputs == 1 else (images,) * model.num_inputs


def tuple_of(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_a_backbone_and_a_head(name: str, shape: tuple[int, int, int]) -> None:
    model = built(name, 7, shape)
    inputs = inputs_of(model, 3, shape)
    features = model.features(inputs)
    assert features.dim() == 2
    assert len(features) == 3
    logits = model(inputs)
    assert logits.shape == (3, 7)
    assert torch.equal(model.head(features), logits)
    assert not torch.equal(logits[0], logits[1])
    owners = {key.split(".")[0] for key, _ in model.named_parameters()}
    assert owners == {"backbone", "head"}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_computes_in_bfloat16(name: str) -> None:
    model = built(name, 7, (3, 32, 32))
    inputs = inputs_of(model, 4, (3, 32, 32))
    with torch.no_grad():
        exact = model(inputs)
        with torch.autocast("cpu", torch.bfloat16):
            rough = model(inputs)
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - exact).norm() < 0.05 * exact.norm()


@pytest.mark.parametrize("name", MODELS)
def test_every_weight_gets_a_gradient(name: str) -> None:
    model = built(name, 7, (3, 32, 32)).train()
    loss = model.loss(model(inputs_of(model, 4, (3, 32, 32))), torch.tensor([0, 1, 2, 3]))
    loss.backward()
    trained = {key: weight for key, weight in model.named_parameters() if weight.requires_grad}
    still = [key for key, weight in trained.items() if not weight.grad.abs().sum() > 0]  # type: ignore[union-attr]
    assert still == []


def make_images(folder: Path, options: str) -> None:
    write_tree(folder / "birds", {"jay": 6, "owl": 6, "wren": 6})
    (folder / "model.yaml").write_text(
        f"data: {{class_path: ImageFolder, init_args: {options}root: birds, image_size: 32}}}}\n"
    )


def make_pairs(folder: Path, options: str) -> None:
    write_tree(folder / "cifar100", dict.fromkeys(imgcls.data.CIFAR100.classes, 4))
    (folder / "model.yaml").write_text(
        "data: {class_path: CIFAR100Sobel, init_args: "
        f"{options}root: ., classes: [bee, beetle, seal]}}}}\n"
    )


DATA_OF = {1: make_images, 2: make_pairs}  # by the number of a model's inputs


@pytest.mark.parametrize("name", MODELS)
def test_a_model_trains_tests_and_is_loaded_again(
    name: str, command: Command, tmp_path: Path
) -> None:
    kind: type[Classifier] = getattr(imgcls.models, name)
    DATA_OF[kind.num_inputs](tmp_path, "{batch_size: 8, val_fraction: 0.5, ")
    with (tmp_path / "model.yaml").open("a") as file:
        file.write(f"trainer: {{max_epochs: 1}}\nmodel: {name}\n")
    run = folder_of(command("fit", "--config", "model.yaml"))
    cli = command("test", "--ckpt_path", run)
    loaded = LightningModule.load_from_checkpoint(
        run / "checkpoints" / "last.ckpt", weights_only=True
    )
    assert type(loaded) is kind
    assert isinstance(loaded, Classifier)
    ours, theirs = cli.model.hparams, loaded.hparams
    assert {key for key in ours if not key.startswith("_")} == theirs.keys()
    assert all(str(tuple_of(ours[key])) == str(tuple_of(theirs[key])) for key in theirs)
    assert (loaded.num_classes, loaded.image_shape) == (3, (3, 32, 32))
    state = cli.model.state_dict()
    assert state.keys() == loaded.state_dict().keys()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_every_option_of_the_contract(name: str) -> None:
    kind = getattr(imgcls.models, name)
    parameters = inspect.signature(kind.__init__).parameters
    assert list(parameters)[1:3] == ["num_classes", "image_shape"]
    assert list(parameters)[-1] == "training"
    assert issubclass(kind, Classifier)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_takes_an_initialisation(name: str) -> None:
    torch.manual_seed(0)
    model = getattr(imgcls.models, name)(7, (3, 32, 32), initialisation="he")
    layers = [m for m in model.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    for layer in layers:
        expected = (2 / layer.weight[0].numel()) ** 0.5
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("name", imgcls.callbacks.__all__)
def test_a_callback_is_there_or_named_and_changes_nothing(
    name: str, fit: Fit, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgcls.callbacks.mixed_precision.processor_has_bfloat16", lambda: False)
    kind = getattr(imgcls.callbacks, name)
    plain_run = command("fit", "--config", "digits_cnn", "--trainer.max_epochs", 1)
    if any(isinstance(each, kind) for each in plain_run.trainer.callbacks):  # type: ignore[attr-defined]
        return
    Path("with.yaml").write_text(f"trainer: {{callbacks: [{{class_path: {name}}}]}}\n")
    named = command(
        "fit", "--config", "digits_cnn", "--config", "with.yaml", "--trainer.max_epochs", 1
    )
    assert any(isinstance(each, kind) for each in named.trainer.callbacks)  # type: ignore[attr-defined]
    assert same_weights(folder_of(plain_run), folder_of(named)) is (name not in CHANGES_TRAINING)


EXPERIMENTS = [name for name in shipped() if "_" in name]
OVERLAYS = [name for name in shipped() if "_" not in name]


def make_data(config: Path, root: Path) -> None:
    """Write a test image and some training images of each class of a config's data set.

    Half of the training images of the chosen classes make two batches of 8 or more.
    """
    data = yaml.safe_load(config.read_text())["data"]
    kind: type[ImageDataModule] = getattr(imgcls.data, data["class_path"].split(".")[-1])
    if kind.files is None:  # its pixels come with a package
        return
    folder = root / plain(kind.files.name)
    classes = (kind.classes, data.get("init_args", {}).get("classes") or kind.classes)
    names, chosen = ([name.replace("/", "") for name in group] for group in classes)
    counts = dict.fromkeys(names, 2) | dict.fromkeys(chosen, max(2, 80 // len(chosen)))
    write_tree(folder, counts, ["train"], kind.image_shape)
    write_tree(folder, dict.fromkeys(names, 1), ["test"], kind.image_shape)


def source_of(name: str) -> str | None:
    """Return the experiment whose runs a fine-tuned one starts from, as its first line says."""
    text = shipped()[name].read_text()
    if not yaml.safe_load(text).get("finetune"):
        return None
    named = re.search(r"--ckpt_path lightning_logs/(\w+)/version_0$", text.partition("\n")[0])
    assert named, "name the run that it starts from"
    return named[1]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_shipped_experiment_trains(name: str, command: Command, tmp_path: Path) -> None:
    made = tmp_path / "made"
    small = ["--data.root", made, "--data.batch_size", 8, "--data.val_fraction", 0.5]
    start: list[str] = []
    if source := source_of(name):
        make_data(shipped()[source], made)
        command("fit", "--config", source, *small, "--trainer.max_epochs", 1)
        start = ["--ckpt_path", f"lightning_logs/{source}/version_0"]
    make_data(shipped()[name], made)
    cli = command("fit", "--config", name, *small, *start, "--trainer.fast_dev_run", 2)
    assert cli.trainer.global_step == 2
    assert not (tmp_path / "lightning_logs" / name).exists()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_shipped_experiment_says_what_it_is_and_how_it_is_run(name: str) -> None:
    first = shipped()[name].read_text().partition("\n")[0]
    assert first.startswith("# ")
    assert f"imgcls fit --config {name}" in first


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_shipped_experiment_states_its_length_and_optimizer(name: str) -> None:
    config = yaml.safe_load(shipped()[name].read_text())
    assert config["trainer"]["max_epochs"] > 0
    assert "optimizer" in config["model"]["init_args"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_says_what_it_is_and_holds_machine_facts_only(name: str) -> None:
    text = shipped()[name].read_text()
    assert text.startswith("# ")
    assert yaml.safe_load(text).keys() <= {"machine", "trainer"}


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_fits_an_experiment(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["fit", "--config", "digits_cnn", "--config", name]
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*arguments, "--print_config"])
    assert "SmallCNN" in capsys.readouterr().out
    if name != "gpu":
        assert main([*arguments, "--trainer.fast_dev_run", "true"]) is not None
