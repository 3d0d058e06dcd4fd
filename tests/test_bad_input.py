"""Every mistake that a user can fix, and the one line that reports it."""

import errno
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError

import pytest
import torch
from commands import weights
from made_files import made_pixels, write_stl10, write_tree
from malice import Bomb
from PIL import Image

from imgcls import main
from imgcls.shipped_configs import shipped

RUN = "lightning_logs/digits_cnn/version_0"
OTHER = "lightning_logs/digits_cnn/version_1"
BEST, LAST = f"{RUN}/checkpoints/best.ckpt", f"{RUN}/checkpoints/last.ckpt"
FIT = "fit --config digits_cnn --trainer.max_epochs 1"
TUNE = f"{FIT} --name new --finetune true"
Prepare = Callable[[pytest.MonkeyPatch], None]


class Case(NamedTuple):
    """A mistake.

    Attributes:
        arguments: What follows ``imgcls``, in a folder that holds a finished run.
        text: Parts of the line, in order.
        prepare: Makes the files, or breaks the machine.
    """

    arguments: str
    text: list[str]
    prepare: Prepare = lambda patch: None


def mistyped(right: str, wrong: str, *text: str) -> Case:
    """Return digits_cnn with a mistake in its YAML; the file and key are always named."""

    def write(patch: pytest.MonkeyPatch) -> None:
        content = shipped()["digits_cnn"].read_text()
        assert right in content
        Path("mine.yaml").write_text(content.replace(right, wrong, 1))

    return Case("fit --config mine.yaml", ["mine.yaml: ", *text], write)


def yaml(content: str, *text: str) -> Case:
    return Case("fit --config mine.yaml", ["mine.yaml", *text], write("mine.yaml", content))


def flags(arguments: str, *text: str) -> Case:
    return Case(f"{FIT} {arguments}", [*text])


def write(name: str, content: str) -> Prepare:
    def prepare(patch: pytest.MonkeyPatch) -> None:
        Path(name).write_text(content)

    return prepare


def changed(change: Callable[[dict[str, Any]], None]) -> Prepare:
    """Return what changes the content of best.ckpt."""

    def prepare(patch: pytest.MonkeyPatch) -> None:
        content = torch.load(BEST, weights_only=True)
        change(content)
        torch.save(content, BEST)

    return prepare


def keep_half(patch: pytest.MonkeyPatch) -> None:
    path = Path(BEST)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def copy_run(name: str, right: str, wrong: str) -> Prepare:
    """Return what makes `OTHER`, a copy of the run with a change in one of its files."""

    def prepare(patch: pytest.MonkeyPatch) -> None:
        file = Path(shutil.copytree(RUN, OTHER), name)
        content = file.read_text()
        assert right in content
        file.write_text(content.replace(right, wrong, 1))

    return prepare


def delete_checkpoints(patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(f"{RUN}/checkpoints")
    Path(f"{RUN}/checkpoints").mkdir()


def plant_bomb(patch: pytest.MonkeyPatch) -> None:
    content = torch.load(BEST, weights_only=True)
    torch.save({**content, "bomb": Bomb()}, BEST)


def plant_bare_bomb(patch: pytest.MonkeyPatch) -> None:
    Path(BEST).write_bytes(pickle.dumps(Bomb(), protocol=2))


def fill_the_disk(patch: pytest.MonkeyPatch) -> None:
    def save(content: object, file: Any) -> None:
        file.write(b"PK" * 1000)
        raise OSError(errno.ENOSPC, "No space left on device")

    patch.setattr("imgcls.runs.checkpoints.torch.save", save)


def forget_the_network(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise URLError("Network is unreachable")

    patch.setattr("imgcls.data.sources.downloads.urlopen", refuse)


def make_images(patch: pytest.MonkeyPatch) -> None:
    write_tree(Path("birds"), {"jay": 4, "wren": 4}, shape=(3, 8, 8))
    write_tree(Path("cats"), {"lion": 4, "wren": 4}, shape=(3, 8, 8))
    config = """\
trainer: {max_epochs: 1}
data: {class_path: ImageFolder, init_args: {root: birds, image_size: 8, val_fraction: 0.5}}
model: {class_path: ConvNet, init_args: {padding: 2}}
"""
    Path("birds.yaml").write_text(config)
    Path("cats.yaml").write_text(config.replace("birds", "cats"))
    main(["fit", "--config", "birds.yaml"])


def make_dogs(patch: pytest.MonkeyPatch) -> None:
    """Make images of three other classes, and a run on birds that has not ended."""
    make_images(patch)
    write_tree(Path("dogs"), {"collie": 4, "hound": 4, "pug": 4}, shape=(3, 8, 8))
    Path("lightning_logs/birds/version_0/result.json").unlink()


def fit_without_weights(patch: pytest.MonkeyPatch) -> None:
    main(f"{FIT} --name linear --model odd_parts.LinearNet".split())


def fit_without_places(patch: pytest.MonkeyPatch) -> None:
    fit_without_weights(patch)
    Image.new("L", (8, 8)).save("a.png")


def spoil_an_image(patch: pytest.MonkeyPatch) -> None:
    make_images(patch)
    Path("birds/train/jay/jay_1.png").write_bytes(b"\x89PNG no more")


def empty_a_class(patch: pytest.MonkeyPatch) -> None:
    make_images(patch)
    for image in Path("birds/train/jay").iterdir():
        image.unlink()


def rename_a_test_class(patch: pytest.MonkeyPatch) -> None:
    make_images(patch)
    Path("birds/test/jay").rename("birds/test/owl")


def download_half(patch: pytest.MonkeyPatch) -> None:
    forget_the_network(patch)
    Path("data").mkdir()
    Path("data/cifar-100-python.tar.gz.part").write_bytes(b"half")


def put_a_wrong_archive(patch: pytest.MonkeyPatch) -> None:
    Path("data").mkdir()
    Path("data/cifar-100-python.tar.gz").write_bytes(b"other")


def stl10(name: str, content: bytes | None) -> Prepare:
    """Return what writes STL-10's files, one of them with another content or not at all."""

    def prepare(patch: pytest.MonkeyPatch) -> None:
        write_stl10(Path("data"), made_pixels(2, shape=(3, 96, 96)), [0, 9])
        Path("data", name).unlink()
        if content is not None:
            Path("data", name).write_bytes(content)

    return prepare


CASES = {
    # keys
    "key of the model": mistyped(
        "padding: 1\n    opt", "paddin: 1\n    opt",
        "model.init_args.paddin is not a setting of SmallCNN: did you mean padding",
    ),
    "key of the data": mistyped(
        "batch_size", "batchsize",
        "data.init_args.batchsize is not a setting of Digits: did you mean batch_size",
    ),
    "key of the optimizer": mistyped(
        "weight_decay", "weight_decy",
        "model.init_args.optimizer.init_args.weight_decy is not a setting of AdamW: "
        "did you mean weight_decay",
    ),
    "key of the schedule": mistyped(
        "warmup", "warm_up",
        "model.init_args.schedule.init_args.warm_up is not a setting of Cosine: "
        "did you mean warmup",
    ),
    "key of a nested transform": mistyped(
        "{padding: 1}", "{paddin: 1}",
        "data.init_args.augment[0].init_args.paddin is not a setting of RandomCrop: "
        "did you mean padding",
    ),
    "key of the trainer": mistyped(
        "max_epochs", "max_epoch",
        "trainer.max_epoch is not a setting of Trainer: did you mean max_epochs",
    ),
    "key of the trainer with no near name": mistyped(
        "max_epochs: 30", "max_epochs: 30\n  colour: red", "trainer.colour is not a setting of",
    ),
    "key of the machine": mistyped(
        "trainer:", "machine: {thread: 1}\ntrainer:",
        "machine.thread is not a setting", "did you mean threads",
    ),
    "key at the top": mistyped(
        "trainer:", "trainr:", "trainr is not a setting: did you mean trainer"
    ),
    "key next to class_path": mistyped(
        "class_path: SmallCNN", "class_path: SmallCNN\n  init_arg: {}", "model.init_arg ",
    ),
    # flags
    "flag of the model": flags(
        "--model.paddin 3",
        "command line: model.paddin is not a setting of SmallCNN: did you mean padding",
    ),
    "flag of the optimizer": flags(
        "--model.optimizer.weight_decy 3",
        "command line: model.optimizer.weight_decy is not a setting", "did you mean weight_decay",
    ),
    "flag of the trainer": flags(
        "--trainer.maxepochs 3", "trainer.maxepochs", "did you mean max_epochs"
    ),
    "flag of no section": flags(
        "--trianer.max_epochs 3",
        "command line: trianer.max_epochs is not a setting: did you mean --trainer",
    ),
    "flag of an overlay": Case(
        "fit --confg digits_cnn", ["--confg", "--config"],
    ),
    # types
    "word for a number": mistyped(
        "batch_size: 64", "batch_size: many",
        "data.init_args.batch_size is 'many', which does not fit: it should be", "int",
    ),
    "word for the rate": mistyped(
        "lr: 0.003", "lr: fast",
        "model.init_args.optimizer.init_args.lr is 'fast', which does not fit", "float",
    ),
    "list for a number": mistyped(
        "max_epochs: 30", "max_epochs: [3]", "trainer.max_epochs is [3], which does not fit"
    ),
    "two sizes for three": mistyped(
        "[32, 32, 64]", "[32, 32]", "model.init_args.channels is [32, 32], which does not fit"
    ),
    "flag of another type": flags(
        "--data.batch_size many",
        "command line: data.batch_size is 'many', which does not fit: it should be", "int",
    ),
    "seed that is a word": flags(
        "--seed_everything x", "command line: seed_everything is 'x', which does not fit", "int"
    ),
    # classes
    "no such model": mistyped(
        "SmallCNN", "SmalCNN",
        "model.class_path names SmalCNN, but there is no such class: did you mean SmallCNN",
    ),
    "no such data": mistyped(
        "class_path: Digits", "class_path: Digit",
        "data.class_path names Digit, but there is no such class: did you mean Digit",
    ),
    "no such optimizer": mistyped(
        "optim.AdamW", "optim.AdamWW",
        "model.init_args.optimizer.class_path names torch.optim.AdamWW, but there is no such "
        "class: did you mean AdamW",
    ),
    "no such schedule": mistyped(
        "Cosine", "Cosin",
        "model.init_args.schedule.class_path names Cosin, but there is no such class: "
        "did you mean Cosine?",
    ),
    "no such transform": mistyped(
        "RandomCrop", "RandmCrop",
        "data.init_args.augment[0].class_path names RandmCrop, but there is no such class: "
        "did you mean RandomCrop",
    ),
    "wrong option of the second callback, which the first has": mistyped(
        "max_epochs: 30",
        "max_epochs: 30\n  callbacks:\n"
        "    - {class_path: FeatureTSNE, init_args: {every_n_epochs: 5}}\n"
        "    - {class_path: ActivationGrid, init_args: {every_n_epochs: 5}}",
        "trainer.callbacks[1].init_args.every_n_epochs is not a setting of ActivationGrid",
    ),
    "no such callback": mistyped(
        "max_epochs: 30", "max_epochs: 30\n  callbacks:\n    - class_path: MixedPrecison",
        "trainer.callbacks[0].class_path names MixedPrecison, but there is no such class: "
        "did you mean MixedPrecision?",
    ),
    "model named by flag": flags(
        "--model ResNet81", "command line: model names ResNet81", "ResNet18"
    ),
    "class of another kind in a list": flags(
        "--data.augment+=torchvision.transforms.RandomHorizontalFlip",
        "command line: data.augment names torchvision.transforms.RandomHorizontalFlip, which is no "
        "Transform: did you mean RandomFlip",
    ),
    "class of another kind": flags(
        "--model.schedule torch.optim.lr_scheduler.CosineAnnealingLR",
        "command line: model.schedule names torch.optim.lr_scheduler.CosineAnnealingLR, which is "
        "no Schedule; there are Constant, Cosine",
    ),
    "class of another kind in a config": mistyped(
        "class_path: SmallCNN", "class_path: torch.nn.Flatten",
        "model.class_path names torch.nn.Flatten, which is no Classifier; there are CNN",
    ),
    "function for a class": flags(
        "--model torchvision.models.resnet18",
        "command line: model names torchvision.models.resnet18, which is a function, no Classifier"
        ": did you mean ResNet18",
    ),
    "no such class in a module": flags(
        "--model odd_parts.DropoutNets",
        "model names odd_parts.DropoutNets, but there is no such class: did you mean DropoutNet",
    ),
    "module that is nowhere": flags(
        "--model nowhere.Net", "model names nowhere.Net, but there is no such class",
    ),
    "module that cannot be imported": Case(
        f"{FIT} --model broken_module.Net",
        ["model names broken_module.Net, but broken_module cannot be imported: SyntaxError"],
        write("broken_module.py", "def\n"),
    ),
    # below a class path
    "value of a nested transform": mistyped(
        "{padding: 1}", "{padding: .inf}",
        "data.init_args.augment[0].init_args.padding is inf, which does not fit: it should be int",
    ),
    "value below a class of another library": flags(
        "--model.loss torch.nn.CrossEntropyLoss --model.loss.weight [1,2]",
        "command line: model.loss.weight is [1, 2], which does not fit: it is a tensor, which a ",
    ),
    "key below a class of another library": flags(
        "--model.loss torch.nn.CrossEntropyLoss --model.loss.weigth 1",
        "model.loss.weigth is not a setting of CrossEntropyLoss: did you mean weight?",
    ),
    "value of a callback in brackets": flags(
        '--trainer.callbacks [{"class_path":"WeightEMA","init_args":{"decay":"a"}}]',
        "trainer.callbacks[0].init_args.decay is 'a', which does not fit: it should be float",
    ),
    "value of the last of two callbacks": flags(
        "--trainer.callbacks+=WeightEMA --trainer.callbacks+=FeatureTSNE "
        "--trainer.callbacks.samples many",
        "trainer.callbacks.samples is 'many', which does not fit: it should be int",
    ),
    "precision by another name": flags(
        "--trainer.precision fp16",
        "command line: trainer.precision is 'fp16', which does not fit: it should be ", "16-mixed",
    ),
    "classes without quotes": flags(
        "--data.classes [0,1]",
        'command line: data.classes is [0, 1], which does not fit', 'in quotes: ["0", "1"]',
    ),
    "option of a class that is not named": flags(
        "--model.loss.weight 3",
        "model.loss.weight belongs to a class, and model.loss names none: add --model.loss",
    ),
    # settings that lie elsewhere
    **{
        f"--{flag} at the top": flags(
            f"--{flag} 1", f"command line: {flag} is not a setting: did you mean --{meant}?"
        )
        for flag, meant in (
            ("lr", "model.optimizer.lr"), ("optimizer", "model.optimizer"),
            ("epochs", "trainer.max_epochs"), ("max_epochs", "trainer.max_epochs"),
            ("batch_size", "data.batch_size"), ("batch-size", "data.batch_size"),
            ("weight_decay", "model.optimizer.weight_decay"), ("seed", "seed_everything"),
            ("padding", "model.padding"), ("resume", "ckpt_path"),
        )
    },
    "rate of the model": flags(
        "--model.lr 1", "model.lr is not a setting of SmallCNN: did you mean --model.optimizer.lr?"
    ),
    "word without a flag": flags("16", "command line: 16 belongs to no flag"),
    "flag of the command line in a config": yaml(
        "name: mine\nmodel: LeNet5\n", "name is a flag, not a setting of a config: give --name",
    ),
    "checkpoint in a config": yaml(
        "ckpt_path: best\n", "ckpt_path is a flag, not a setting of a config: give --ckpt_path",
    ),
    "verb of other programs": Case("train", ["no verb 'train': did you mean 'imgcls fit'?"]),
    "another verb of other programs": Case("evaluate", ["did you mean 'imgcls test'?"]),
    "help on no class": Case(
        "fit --model.help ResNet81", ["there is no Classifier ResNet81: did you mean ResNet18"]
    ),
    # files
    "invalid YAML": yaml("trainer: {max_epochs: 3\nmodel: LeNet5\n", " is no valid YAML: ", "line"),
    "YAML without keys": yaml("- LeNet5\n", " holds no keys, but a config is a YAML of key: value"),
    "empty YAML": yaml("", " holds no keys"),
    "binary for YAML": Case(f"fit --config {LAST}", [LAST, "is no valid YAML"]),
    "unknown config": Case(
        "fit --config digits_cn",
        [
            "--config digits_cn is neither a file here nor a shipped config: did you mean ",
            "digits_cnn", "('imgcls configs' lists them all)",
        ],
    ),
    "unknown config to print": Case("configs digits_cn", ["--config digits_cn is neither"]),
    "config without a model": yaml("data: Digits\ntrainer: {max_epochs: 1}\n", "model"),
    "config without data": yaml("model: LeNet5\ntrainer: {max_epochs: 1}\n", "data"),
    # verbs
    "flag before the verb": Case(
        "--config digits_cnn fit",
        ["--config comes before the verb: write 'imgcls fit --config ...' (or test, ...)"],
    ),
    "verb with a near name": Case("tset", ["there is no verb 'tset': did you mean test"]),
    "verb with none": Case("xyzzy", ["there is no verb 'xyzzy'; there are fit, validate, test, "]),
    "fit without a config": Case(
        "fit", ["'imgcls fit' needs a config: add --config NAME; 'imgcls configs' lists"]
    ),
    "config without a name": Case("fit --config", ["--config"]),
    **{
        f"{verb} without weights": Case(
            f"{verb} --config digits_cnn",
            [
                f"'imgcls {verb}' needs weights, else it would score random ones: add --ckpt_path "
                "with a run folder, a checkpoint, or 'best' for the newest run of the config's"
            ],
        )
        for verb in ("test", "validate", "predict")
    },
    "predict without images": Case(
        f"predict --ckpt_path {RUN}",
        ["'imgcls predict' needs images: add --images with files or folders"],
    ),
    "predict images that are nowhere": Case(
        f"predict --ckpt_path {RUN} --images nowhere",
        ["--images nowhere is no image and holds none that can be read: give files or folders"],
    ),
    "predict a folder without images": Case(
        f"predict --ckpt_path {RUN} --images {RUN}/checkpoints",
        [f"--images {RUN}/checkpoints is no image and holds none that can be read: give files or "],
    ),
    "predict a broken image": Case(
        f"predict --ckpt_path {RUN} --images a.png",
        ["--images a.png is no image and holds none that can be read (a.png: cannot identify "],
        write("a.png", "no image"),
    ),
    "predict into a table of another kind": Case(
        f"predict --ckpt_path {RUN} --images . --output predictions.txt",
        ["--output predictions.txt must end with .csv or .json"],
    ),
    "predict into a figure of another kind": Case(
        f"predict --ckpt_path {RUN} --images . --grid grid.jpg",
        ["--grid grid.jpg must end with .png, .svg or .pdf"],
    ),
    "predict into no folder": Case(
        f"predict --ckpt_path {RUN} --images . --grad_cam there/heat.png",
        ["--grad_cam there/heat.png: there is no folder there; make it first"],
    ),
    "predict and explain without places": Case(
        "predict --ckpt_path lightning_logs/linear/version_0 --images a.png --grad_cam heat.png",
        ["LinearNet has no convolution that returns maps larger than 1x1, which Grad-CAM needs"],
        fit_without_places,
    ),
    "flag of predict in another verb": flags("--grid grid.png", "--grid is a flag of 'imgcls pre"),
    # checkpoints
    "no such checkpoint": Case(
        "test --ckpt_path nowhere",
        ["--ckpt_path nowhere is neither a file, a run folder, 'best' nor 'last'"],
    ),
    "no such checkpoint in a run": Case(
        f"test --ckpt_path {RUN}/checkpoints/bst.ckpt",
        [f"{RUN}/checkpoints/bst.ckpt is neither", f"next to it are {BEST}, {LAST}"],
    ),
    "folder without checkpoints": Case(
        f"test --ckpt_path {RUN}/checkpoints/..",
        ["no best.ckpt or last.ckpt in ", "; it holds no checkpoint"],
        delete_checkpoints,
    ),
    "no run of that name": Case(
        "test --config digits_cnn --name other --ckpt_path best",
        ["no run of 'other' with a checkpoint lies in ", "lightning_logs/other: train one with "],
    ),
    "last weights are gone": Case(
        f"fit --ckpt_path {RUN}",
        ["no last.ckpt in ", "; it holds best.ckpt; only last.ckpt has the optimizer that ",
         "resuming needs; --finetune true starts a new run from the best weights"],
        lambda patch: Path(LAST).unlink(),
    ),
    "checkpoint from a URL": Case(
        "test --ckpt_path https://example.org/net.ckpt",
        [
            "--ckpt_path https://example.org/net.ckpt is a URL: checkpoints are loaded from files "
            "only; download it from a source you trust and give its path"
        ],
    ),
    "checkpoint of another class": Case(
        f"test --config {RUN}/config.yaml --model LeNet5 --model.pool 2 --model.padding 2 "
        f"--ckpt_path {BEST}",
        [
            "best.ckpt is a checkpoint of SmallCNN, the config's model is LeNet5: "
            "give the config it was trained with, or a checkpoint of this model"
        ],
    ),
    "checkpoint of another width": Case(
        f"test --model.hidden [128,32] --ckpt_path {BEST}",
        [
            "best.ckpt does not fit this SmallCNN: 3 weights differ, such as head.weight, "
            "(10, 64) there and (10, 32) here: give the config it was trained with",
        ],
    ),
    "checkpoint of other classes": Case(
        "test --config cats.yaml --ckpt_path lightning_logs/birds/version_0",
        [
            "the checkpoint was trained on 2 classes of ImageFolder, the data ImageFolder has 2; "
            "they differ in: jay, lion: give the data it was trained on"
        ],
        make_images,
    ),
    "checkpoint of the same classes in another order": Case(
        f"test --ckpt_path {BEST}",
        ["they differ in: the same names in another order"],
        changed(lambda content: content["Digits"]["classes"].reverse()),
    ),
    "checkpoint that does not name its model": Case(
        f"test --ckpt_path {BEST}",
        ["best.ckpt does not say which model it is of: use a checkpoint written by 'imgcls fit'"],
        changed(lambda content: content["hyper_parameters"].pop("_class_path")),
    ),
    "checkpoint with code": Case(
        f"test --ckpt_path {BEST}",
        ["best.ckpt holds Python objects beyond tensors and plain types, which could run code"],
        plant_bomb,
    ),
    "pickle for a checkpoint": Case(
        f"test --ckpt_path {BEST}", ["best.ckpt holds Python objects", "not loaded"],
        plant_bare_bomb,
    ),
    "truncated checkpoint": Case(
        f"test --ckpt_path {BEST}", ["best.ckpt cannot be read (", " bytes; cut short?)"], keep_half
    ),
    "empty checkpoint": Case(
        f"test --ckpt_path {BEST}", ["best.ckpt cannot be read (0 bytes"],
        write(BEST, ""),
    ),
    # fine-tuning
    "nothing to start from": Case(
        TUNE,
        ["finetune is true, but there is nothing to start from: add --ckpt_path with a run or a "
         "checkpoint of another experiment, or --finetune false to begin with new weights"],
    ),
    "start from the best of the same experiment": Case(
        f"{FIT} --finetune true --ckpt_path best",
        ["finetune is true, but --ckpt_path best means the newest run of 'digits_cnn' itself: give "
         "a run or a checkpoint of another experiment, by its path"],
    ),
    "start from a run of the same experiment": Case(
        f"{FIT} --finetune true --ckpt_path {LAST}",
        [f"finetune is true, but --ckpt_path {LAST} is of 'digits_cnn' itself: give ", "--name; ",
         f"'imgcls fit --ckpt_path {LAST}' without --config resumes that run"],
    ),
    "start without a config": Case(
        f"fit --finetune true --ckpt_path {RUN}", ["'imgcls fit' needs a config: add --config"]
    ),
    "start with half a model": Case(
        f"fit --finetune true --ckpt_path {RUN} --model.width 8",
        ["'imgcls fit' needs a config: add --config"],
    ),
    "test of a run that has not ended": Case(
        f"test --ckpt_path {RUN}",
        [f"{RUN} has not ended its training, and the test set is for one evaluation: resume with ",
         f"{RUN}', or give the checkpoint file that you mean"],
        lambda patch: Path(RUN, "result.json").unlink(),
    ),
    "start from nowhere": Case(f"{TUNE} --ckpt_path nowhere", ["nowhere is neither a file, a run"]),
    "start from a URL": Case(f"{TUNE} --ckpt_path https://example.org/a.ckpt", ["is a URL"]),
    "start from a checkpoint with code": Case(
        f"{TUNE} --ckpt_path {RUN}", ["best.ckpt holds Python objects"], plant_bomb
    ),
    "start from a checkpoint of unknown data": Case(
        f"{TUNE} --ckpt_path {RUN}",
        ["best.ckpt does not say which data it was trained on: use a checkpoint written by "],
        changed(lambda content: content.pop("Digits")),
    ),
    "finetune neither true nor false": Case(
        f"{TUNE} --finetune maybe --ckpt_path {RUN}",
        ["command line: finetune is 'maybe': it should be true or false"],
    ),
    "finetune of another type": mistyped(
        "trainer:", "finetune: perhaps\ntrainer:",
        "finetune is 'perhaps': it should be true or false",
    ),
    "start of another model": Case(
        f"{TUNE} --model LeNet5 --model.pool 2 --model.padding 2 --ckpt_path {RUN}",
        ["best.ckpt is a checkpoint of SmallCNN, the config's model is LeNet5: give "],
    ),
    "start of other channels": Case(
        f"{TUNE} --model.channels [8,8,32] --ckpt_path {RUN}",
        ["only 8,384 of the 27,768 parameters of this SmallCNN's backbone are in ", "best.ckpt: "
         "backbone.9.weight is (128, 256) there and (128, 128) here: give the model the options it "
         "was trained with\n"],
    ),
    "start with images of another size": Case(
        "fit --config birds.yaml --name new --finetune true --data.image_size 32 --ckpt_path "
        "lightning_logs/birds/version_0",
        ["backbone are in ", "; its images were 8x8, these are 32x32, and a flattened size "
         "depends on the image size: set data image_size: 8, or an adaptive pool such as ConvNet's "
         "model.init_args.grid"],
        make_images,
    ),
    "start of a backbone without weights": Case(
        f"{TUNE} --model odd_parts.LinearNet --ckpt_path lightning_logs/linear/version_0",
        ["LinearNet's backbone has no weights: nothing to start from"],
        fit_without_weights,
    ),
    "rows of another width": Case(
        f"{TUNE} --model.hidden [128,32] --copy_shared_classes true --ckpt_path {RUN}",
        ["copy_shared_classes needs heads of a row a class over the same features, but head.weight "
         "is (10, 64) there and (10, 32) here: leave it out, or give the model the options "],
    ),
    "rows of no shared class": Case(
        "fit --config cats.yaml --name new --finetune true --copy_shared_classes true --ckpt_path "
        "lightning_logs/birds/version_0 --data.root dogs",
        ["copy_shared_classes is true, but checkpoint and data have no common class: it has "
         "'jay', they have 'collie' ...: leave it out"],
        make_dogs,
    ),
    "rows without a start": flags(
        "--copy_shared_classes true",
        "copy_shared_classes is true, but finetune is not, so there is nothing to copy from: add ",
    ),
    "config of a fine-tuned run": flags(
        "--started_from cnn/version_0/checkpoints/best.ckpt",
        "the config says started_from: cnn/version_0/checkpoints/best.ckpt, but nothing is loaded: "
        "add --finetune true and --ckpt_path with that checkpoint, or --started_from null for new ",
    ),
    "resume with another head": Case(
        "fit --ckpt_path lightning_logs/birds/version_0 --data.root dogs",
        ["the checkpoint was trained on 2 classes of ImageFolder, the data ImageFolder has 3; they "
         "differ in: collie, hound, jay, pug, wren: give the data it was trained on; 'imgcls fit "
         "--finetune true' starts a new run from its backbone\n"],
        make_dogs,
    ),
    "rate of the backbone": flags(
        "--model.backbone_rate 0",
        "backbone_rate is 0.0: it is a factor on the learning rate, so it must be above 0; the ",
    ),
    "profile of a run": Case(
        "fit --profile --ckpt_path lightning_logs/cnn/version_0",
        ["--profile times the first epoch of a new run: give it to 'imgcls fit', without "
         "--ckpt_path"],
    ),
    "rate of the biases": flags(
        "--model.bias_rate 0",
        "bias_rate is 0.0: it is a factor on the learning rate, so it must be above 0",
    ),
    "images of a SpeedNet": flags(
        "--model SpeedNet --model.channels [8,8,8]",
        "SpeedNet's 3 blocks take images from 9x9 on, these have 8x8: give larger images or "
        "another model",
    ),
    "depth of a SpeedNet": flags(
        "--model SpeedNet --model.channels [8,8] --model.depth 4",
        "SpeedNet's channels are [8, 8] and its depth is 4: give at least one number of ",
    ),
    "fraction of the small images": flags(
        "--data.augment+=ProgressiveResize --data.augment.until 0",
        "ProgressiveResize's start is 16, step 4 and until 0.0: give at least 1, at least 1, and ",
    ),
    "small images for a model of fixed size": flags(
        "--data.augment+=ProgressiveResize --data.augment.start 4",
        "ProgressiveResize begins with images of 4x4, which SmallCNN built for 8x8 does not ",
        "give it a larger start, or choose a model for any size, such as SpeedNet",
    ),
    "epochs of a frozen backbone": flags(
        '--trainer.callbacks FreezeBackbone --trainer.callbacks.epochs -1',
        "FreezeBackbone's epochs is -1: it must be at least 0",
    ),
    "layer of a callback": flags(
        '--trainer.callbacks FeatureTSNE --trainer.callbacks.layers [head.inputs]',
        "SmallCNN has no layer 'head.inputs'; there are loss, backbone, ",
    ),
    "no layers of a callback": flags(
        '--trainer.callbacks FeatureTSNE --trainer.callbacks.layers []',
        "FeatureTSNE's layers is empty: name at least one layer",
    ),
    "numbers of a callback": flags(
        '--trainer.callbacks FeatureTSNE --trainer.callbacks.samples -1',
        "FeatureTSNE's every_n_epochs is 0 and samples -1: give at least 0, which means ",
    ),
    "perplexity of a callback": flags(
        '--trainer.callbacks FeatureTSNE --trainer.callbacks.perplexity 0',
        "FeatureTSNE's perplexity is 0.0: give more than 0",
    ),
    "film of one epoch": flags(
        '--trainer.callbacks FeatureTSNE --trainer.callbacks.film true',
        "FeatureTSNE's film would have one frame, since every_n_epochs is 0: give ",
    ),
    "class of a callback": flags(
        '--trainer.callbacks FeatureTSNE --trainer.callbacks.highlight [ten]',
        "Digits has no class 'ten' for FeatureTSNE to highlight; there are 0, ",
    ),
    "no ReLU to draw": flags(
        "--trainer.callbacks ActivationGrid --model FullyConnected",
        "FullyConnected has no ReLU after a convolution: give ActivationGrid layers",
    ),
    "no images to draw": flags(
        '--trainer.callbacks ActivationGrid --trainer.callbacks.pictures []',
        "ActivationGrid's pictures is empty: name at least one image",
    ),
    "index of an image": flags(
        '--trainer.callbacks ActivationGrid --trainer.callbacks.pictures [144]',
        "Digits has no val image 144: there are 144, from 0",
    ),
    "name of an image": flags(
        '--trainer.callbacks ActivationGrid --trainer.callbacks.pictures [zero/1]',
        "Digits has no image 'zero/1', since its images have no names: give indices, from 0",
    ),
    "name of an image among others": Case(
        "fit --config birds.yaml --trainer.callbacks ActivationGrid "
        "--trainer.callbacks.pictures [jay/O]",
        ["ImageFolder has no image 'jay/O'; there are jay/"],
        make_images,
    ),
    # values
    "batch size": flags("--data.batch_size 0", "batch_size is 0: it must be at least 1"),
    "validation fraction": flags("--data.val_fraction 1.5", "val_fraction is 1.5: ", "below 1"),
    "validation fraction too small": flags(
        "--data.val_fraction 0.001",
        "val_fraction 0.001 of 1437 images in 10 classes cannot hold every class",
    ),
    "time": flags(
        "--trainer.max_time soon",
        "trainer.max_time is 'soon': write days, hours, minutes and seconds as DD:HH:MM:SS",
    ),
    "unlimited run": Case(
        "fit --config digits_cnn --trainer.max_epochs -1",
        ["trainer.max_epochs and trainer.max_steps are both unlimited", "give one of them"],
    ),
    "image too small for the model": flags(
        "--model.padding 0", "an image of shape (1, 8, 8) is too small for these layers (",
        "): pad the convolutions or give larger images",
    ),
    "smoothing out of range": flags("--model.loss CrossEntropy --model.loss.smoothing 1.5",
                                    "smoothing is 1.5: it is a fraction, at least 0 and below 1"),
    "class weights of another number": flags(
        "--model.loss CrossEntropy --model.loss.class_weights [1,2,3]",
        "class_weights has 3 numbers for 10 classes: give one per class",
    ),
    "unknown initialisation": flags("--model.initialisation xaver", "initialisation", "xaver"),
    "initialisation of a model that draws none": flags(
        "--model odd_parts.DropoutNet --model.initialisation he",
        "DropoutNet takes no initialisation, but 'he' was requested: end its constructor with ",
    ),
    "too many convolutions": flags(
        "--model ConvNet --model.more [8,8,8,8]", "more has 4 convolutions: add at most 3",
    ),
    "depth of a wide ResNet": flags(
        "--model WideResNet --model.depth 18", "depth is 18: it must be 10, 16, 22, ...",
    ),
    "schedule out of range": flags("--model.schedule.warmup 1.0", "warmup is 1.0"),
    "threads": flags("--machine.threads 0", "threads"),
    "decay of averaged weights": flags(
        "--trainer.callbacks WeightEMA --trainer.callbacks.decay 1", "decay is 1.0", "below 1"
    ),
    "full GPU": flags(
        "--trainer.callbacks odd_parts.MemoryFull",
        "Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 4.00 GiB of which 1.00 GiB is "
        "free: give a smaller --data.batch_size",
    ),
    "compiled graphs": flags(
        "--machine.compile true --machine.cuda_graphs true", "both true", "choose one"
    ),
    "accumulated graphs": flags(
        "--machine.cuda_graphs true --trainer.accumulate_grad_batches 2",
        "gradients are accumulated",
        "cuda_graphs false",
    ),
    "graphs with accumulation to come": flags(
        "--machine.cuda_graphs true --trainer.callbacks GradientAccumulationScheduler "
        '--trainer.callbacks.scheduling {"1":2}',
        "gradients are accumulated",
    ),
    # the run
    "loss that is no number": flags(
        "--model.optimizer.lr 1e30", "the loss is nan at step 3 (epoch 0, batch 2, learning rate ",
        "version_1/non_finite_batch.pt: try a lower learning rate, a warm-up or precision 32-true",
    ),
    "full disk": Case(
        FIT,
        ["no room to write ", "version_1/checkpoints/best.ckpt (", " MB free): there is none yet; ",
         "make room and "],
        fill_the_disk,
    ),
    # data
    "no data and no network": Case(
        f"{FIT} --data CIFAR100",
        ["cannot download cifar-100-python.tar.gz (MD5 eb9058c3a382ffc7106e4002c42a8d85); tried ",
         "(Network is unreachable)", "; or put the file in "],
        forget_the_network,
    ),
    "half download": Case(
        f"{FIT} --data CIFAR100",
        ["cannot download cifar-100-python.tar.gz (MD5 ", "(Network is unreachable)",
         "; 4 bytes are saved, run again to resume; or put the file in "],
        download_half,
    ),
    "wrong checksum": Case(
        f"{FIT} --data CIFAR100",
        ["cifar-100-python.tar.gz has MD5 795f3202b17cb6bc3d4b771d8c6c9eaf, but "
         "eb9058c3a382ffc7106e4002c42a8d85 is published: delete it"],
        put_a_wrong_archive,
    ),
    "class that the data do not have": flags(
        '--data.classes=["7","sevn"]', "Digits has no class 'sevn'; there are 0, 1, ",
    ),
    "class named twice": flags(
        '--data.classes=["7","1","7"]', "classes names 7 more than once: name each once"
    ),
    "one class": flags(
        '--data.classes=["7"]', "classes has 7: a classifier separates two or more; name two",
    ),
    "STL-10 with a file missing": Case(
        f"{FIT} --data STL10",
        ["data has no test_y.bin, but others of the four files: put a whole copy there, or "],
        stl10("test_y.bin", None),
    ),
    "STL-10 cut short": Case(
        f"{FIT} --data STL10",
        ["train_X.bin holds 5 bytes, no multiple of the 27648 of an image: put a whole"],
        stl10("train_X.bin", b"short"),
    ),
    "STL-10 with another label": Case(
        f"{FIT} --data STL10",
        ["labels in ", "train_y.bin go from 1 to 11, not from 1 to 10: put a whole copy there"],
        stl10("train_y.bin", bytes([1, 11])),
    ),
    "images of no size": flags(
        "--data STL10 --data.image_size 0", "image_size is 0: it must be at least 1"
    ),
    "classes that differ between train and test": Case(
        "fit --config birds.yaml",
        ["the test classes in ", " are not the 2 expected (missing: jay; extra: owl): rename"],
        rename_a_test_class,
    ),
    "no data to test on": Case(
        "test --config cats.yaml --ckpt_path lightning_logs/birds/version_0 --data.root dogs",
        ["there is no folder ", "dogs: root must be a folder of images"],
        make_images,
    ),
    "broken image": Case(
        "fit --config birds.yaml",
        ["1 image cannot be read: ", "jay_1.png", "replace or delete the file"],
        spoil_an_image,
    ),
    "class without images": Case(
        "fit --config birds.yaml", ["class 'jay' has no images in the train split of "],
        empty_a_class,
    ),
    "no such data set": Case(
        "data cifar1000", ["'cifar1000' is neither a data set nor a folder: did you mean CIFAR100"]
    ),
    # compare
    "comparison of what is no run": Case(
        "compare nowhere",
        ["nowhere has no result.json: give the folder of a finished run"],
    ),
    "comparison into a page without marks": Case(
        f"compare {RUN} --write page.md", ["page.md has no '<!-- results"],
        write("page.md", "# Results\n"),
    ),
    # report
    "report of what is no run": Case(
        f"report {RUN}/checkpoints",
        [f"{RUN}/checkpoints has no config.yaml: give the folder of a finished run"],
    ),
    "report of a run that has not ended": Case(
        f"report {RUN}",
        [f"{RUN} has no result: finish it with 'imgcls fit --ckpt_path {RUN}'"],
        lambda patch: Path(f"{RUN}/result.json").unlink(),
    ),
    # sweep
    "no such study": Case(
        "sweep cifar10_two_layer_influenc",
        [
            "the study cifar10_two_layer_influenc is neither a file here nor a shipped study: ",
            "cifar10_two_layer_influence", "('imgcls sweep' lists them all)",
        ],
    ),
    "key of a study": Case(
        "sweep mine.yaml",
        ["mine.yaml: varients is no key of a study: did you mean variants"],
        write("mine.yaml", "config: digits_cnn\nvarients: {}\n"),
    ),
    "key of a trial": Case(
        "sweep mine.yaml",
        ["mine.optimizer.lrs=1: model.optimizer.lrs is not a setting of AdamW: did you mean lr"],
        write("mine.yaml", "config: digits_cnn\neach: {model.optimizer.lrs: [1]}\n"),
    ),
    "type of a trial": Case(
        "sweep mine.yaml",
        ["mine.batch_size=many: data.batch_size is 'many', which does not fit: it should be"],
        write("mine.yaml", "config: digits_cnn\ngrid: {data.batch_size: [many]}\n"),
    ),
    "trial that starts from nowhere": Case(
        "sweep mine.yaml",
        ["mine.finetune=true: finetune is true, but there is nothing to start from: give the study "
         "a ckpt_path, a run or a checkpoint of another experiment"],
        write("mine.yaml", "config: digits_cnn\neach: {finetune: [true]}\n"),
    ),
    "checkpoint of a study that starts from none": Case(
        "sweep mine.yaml",
        [f"mine has the ckpt_path {RUN}, but no trial fine-tunes: add 'finetune: true' to its fl"],
        write("mine.yaml", f"config: digits_cnn\nckpt_path: {RUN}\neach: {{model.loss: [null]}}"),
    ),
    "search in a range that is none": Case(
        "sweep mine.yaml",
        ["model.optimizer.lr: `low <= high` must hold"],
        write("mine.yaml", "config: digits_cnn\ntrials: 1\n"
              "search: {model.optimizer.lr: {low: 2, high: 1}}\n"),
    ),
    "comparison into no page": Case(f"compare {RUN} --write page.md", ["page.md"]),
    "comparison of a run without its config": Case(
        f"compare {RUN}", [f"{RUN} has no config.yaml: give the whole folder of a finished run"],
        lambda patch: Path(f"{RUN}/config.yaml").unlink(),
    ),
    "comparison of runs that differ": Case(
        f"compare {RUN} {OTHER}",
        [f"{RUN} and {OTHER} are both of 'digits_cnn', but differ in data.init_args.batch_size: "
         "64 and 32; give them different --name"],
        copy_run("config.yaml", "batch_size: 64", "batch_size: 32"),
    ),
    "comparison with no baseline": Case(
        f"compare {RUN} --baseline digits_cn",
        ["--baseline digits_cn is not among the runs; there are: digits_cnn"],
    ),
    "comparison with one of two baselines": Case(
        f"compare {RUN} {OTHER} --baseline digits_cnn",
        ["--baseline digits_cnn means two: ", "give the folder of one of those that you mean"],
        copy_run("result.json", '"validated_on": "val"', '"validated_on": "test"'),
    ),
    "comparison with no published table": Case(
        f"compare {RUN} --against table4",
        ["there is no published table 'table4'; shipped: fashion_mnist_table3"],
    ),
    "comparison with results on other data": Case(
        f"compare {RUN} --against fashion_mnist_table3",
        ["fashion_mnist_table3 has accuracies on FashionMNIST and MNIST, but digits_cnn was "
         "trained on Digits: compare it without --against"],
    ),
    "comparison of validation with published tests": Case(
        f"compare {RUN} --against fashion_mnist_table3 --split val",
        ["fashion_mnist_table3 has test accuracies, --split val compares on validation"],
    ),
    "comparison into a page as a CSV": Case(
        f"compare {RUN} --write page.md --format csv",
        ["--write writes Markdown: leave out --format csv"],
    ),
    "comparison with published results as a CSV": Case(
        f"compare {RUN} --against fashion_mnist_table3 --format latex",
        ["--against writes Markdown: leave out --format latex"],
    ),
}  # fmt: skip


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    "name",
    CASES,
)
def test_a_mistake_is_reported_in_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    case.prepare(monkeypatch)
    capsys.readouterr()
    with pytest.raises(SystemExit) as leaving:
        main(case.arguments.split())
    line = capsys.readouterr().err
    assert leaving.value.code == 2
    assert line.startswith("imgcls: ")
    assert line.endswith("\n")
    assert line.count("\n") == 1
    position = 0
    for part in case.text:
        assert part in line[position:], f"{part!r} is not in {line!r}"
        position = line.index(part, position) + len(part)
    assert not Path("exploded").exists()


def test_hidden_folders_are_no_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_images(monkeypatch)
    shutil.copytree("birds/train/jay", "birds/train/.ipynb_checkpoints")
    Path("birds/train/jay/.DS_Store").write_bytes(b"not an image")
    cli = main(["fit", "--config", "birds.yaml"])
    assert cli is not None
    assert cli.datamodule.classes == ("jay", "wren")
    assert "4 training and 4 validation images" in capsys.readouterr().out


def test_the_bomb_would_explode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"bomb": Bomb()}, "bomb.ckpt")
    torch.load("bomb.ckpt", weights_only=False)
    assert Path("exploded").exists()


def test_a_full_disk_keeps_the_last_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = torch.save
    count = 0

    def save(content: object, file: Any) -> None:
        nonlocal count
        count += 1
        if count > 2:  # best and last of the first epoch
            fill(content, file)
        saved(content, file)

    def fill(content: object, file: Any) -> None:
        file.write(b"PK" * 1000)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("imgcls.runs.checkpoints.torch.save", save)
    arguments = ["fit", "--config", "digits_cnn", "--trainer.max_epochs", "3"]
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments)
    assert "the last good one is still there; make room and resume with" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    run = Path(RUN)
    assert torch.load(LAST, weights_only=True)["epoch"] == 0
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == [
        "best.ckpt",
        "last.ckpt",
    ]
    main(["fit", "--ckpt_path", RUN])
    main([*arguments, "--name", "unbroken"])
    other = weights(Path("lightning_logs/unbroken/version_0"))
    assert all(torch.equal(value, other[name]) for name, value in weights(run).items())


def test_the_batch_of_a_loss_that_is_no_number_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"^2$"):
        main([*FIT.split(), "--model.optimizer.lr", "1e30"])
    batch = torch.load(f"{RUN}/non_finite_batch.pt", weights_only=True)
    assert batch.keys() == {"inputs", "targets", "index"}
    assert batch["inputs"].shape == (64, 1, 8, 8)


def test_a_mistake_leaves_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for mistake in (
        "--data.batch_size=0",
        "--trainer.max_time=soon",
        "--data.val_fraction=0.001",
        "--trainer.callbacks FeatureTSNE --trainer.callbacks.layers [head.inputs]",
        "--trainer.callbacks ActivationGrid --trainer.callbacks.layers [backbone.99]",
        "--trainer.callbacks ActivationGrid --trainer.callbacks.pictures [144]",
    ):
        with pytest.raises(SystemExit, match=r"^2$"):
            main([*FIT.split(), *mistake.split()])
    assert not Path("lightning_logs").exists()
