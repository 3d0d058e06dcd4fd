"""The parser of each verb: its help, its completion, its configs printed and read again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import Command, Fit, curve, folder_of, same_weights
from lightning.pytorch.cli import LightningArgumentParser
from PIL import Image

from imgcls import main
from imgcls.cli.help import SETTINGS, WRITTEN, help_text
from imgcls.cli.lightning_cli import ImgclsCLI
from imgcls.cli.listing import FILE, from_parser, listing, text_of
from imgcls.cli.options import OWN, VERBS, options_of
from imgcls.cli.parser import SET_BY_US, Parser
from imgcls.runs.run import Run

OWN_MODEL = """\
import math
from torch import nn
from imgcls.models import Classifier

class Linear(Classifier):
    def __init__(self, num_classes: int, image_shape: tuple[int, int, int], **training):
        super().__init__(num_classes, image_shape, **training)
        self.backbone = nn.Flatten()
        self.head = nn.Linear(math.prod(image_shape), num_classes)
"""


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Parser]:
    """Return LightningCLI's parser of each verb, by the verb."""
    found: dict[str, Parser] = {}
    add = ImgclsCLI.add_arguments_to_parser

    def noted(self: ImgclsCLI, parser: LightningArgumentParser) -> None:
        add(self, parser)
        assert isinstance(parser, Parser)
        found[str(parser.verb)] = parser

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ImgclsCLI, "add_arguments_to_parser", noted)
    monkeypatch.setattr(ImgclsCLI, "parse_arguments", stop)
    with pytest.raises(KeyboardInterrupt):
        main(["fit", "--config", "digits_cnn"])
    return found


def top_level(parser: Parser) -> Iterator[str]:
    for key in parser.get_defaults(skip_validation=True).as_dict():
        yield str(key).partition(".")[0]


def test_the_listing_is_what_the_parser_takes(parsers: dict[str, Parser]) -> None:
    made = from_parser()
    assert FILE.read_text(encoding="utf-8") == text_of(made), (
        "write it anew: python -m imgcls.cli.listing"
    )
    assert listing() == made
    assert tuple(parsers) == VERBS
    for verb, parser in parsers.items():
        own = {option.name for option in options_of(verb)}
        sections = {"trainer", "machine", "model", "data", "config"}
        assert set(top_level(parser)) - set(SET_BY_US) | {"config", "model", "data"} == (
            own | sections | set(made["settings"])
        )
        trainer = parser.get_defaults(skip_validation=True)["trainer"]
        assert sorted(trainer.keys()) == sorted(made["trainer"])
    assert {*SETTINGS, *WRITTEN} == set(made["settings"])


def test_each_verb_has_its_own_options_alone(parsers: dict[str, Parser]) -> None:
    names = {verb: set(top_level(parser)) for verb, parser in parsers.items()}
    for option in OWN:
        assert [verb for verb in VERBS if option.name in names[verb]] == list(option.verbs)


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_fits_a_screen_or_two(verb: str) -> None:
    lines = help_text(verb).splitlines()
    assert len(lines) < 70
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines[:40])
    for option in options_of(verb):
        assert f"\n  --{option.name} " in text or f"\n  --{option.name}\n" in text
    for section in ("trainer.help", "model.help", "data.help", "callback.help", "help_all"):
        assert f"imgcls {verb} --{section}" in "\n".join(lines)


@pytest.mark.parametrize("lines", [1, 40])
def test_a_reader_may_leave_the_help_early(lines: int) -> None:
    program = [sys.executable, "-u", "-m", "imgcls", "predict", "--help"]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout
        assert process.stderr
        read = [process.stdout.readline() for _ in range(lines)]
        process.stdout.close()
        assert process.stderr.read() == ""
    assert read[0].startswith("usage: imgcls predict")
    if lines == 40:
        for name in ("--images", "--output", "--grid", "--grad_cam"):
            assert any(line.startswith(f"  {name} ") for line in read)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("--trainer.help", "--trainer.max_epochs"),
        ("--machine.help", "--machine.threads"),
        ("--model.help ResNet18", "--model.stem"),
        ("--model.help=LeNet5", "--model.pool"),
        ("--data.help Digits", "--data.batch_size"),
        ("--callback.help WeightEMA", "--trainer.callbacks.decay"),
    ],
)
def test_a_class_is_explained_without_a_config(
    asked: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fit", *asked.split()])
    printed = capsys.readouterr().out
    assert f"  {expected} " in printed
    assert "num_classes" not in printed
    assert len(printed.splitlines()) < 300


def test_everything_is_on_one_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["predict", "--help_all"])
    printed = capsys.readouterr().out
    for flag in ("--grad_cam", "--trainer.max_epochs", "--machine.threads", "--name"):
        assert flag in printed


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_shell_script_completes_flags_and_names(
    shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("shtab")
    main(["completion", shell])
    script = capsys.readouterr().out
    for word in ("--grad_cam", "--trainer.max_epochs", "ResNet18", "digits_cnn", "WeightEMA"):
        assert word in script
    if shell == "zsh":
        return
    (tmp_path / "script").write_text(script)
    typed = "imgcls predict --gr"
    ask = (
        f"source {tmp_path}/script; COMP_WORDS=({typed}); COMP_CWORD=2; "
        'COMP_LINE="$COMP_WORDS"; _shtab_imgcls; echo "${COMPREPLY[@]}"'
    )
    ended = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["--grid", "--grad_cam"]


def printed(command: Command, capsys: pytest.CaptureFixture[str], *flags: object) -> dict[str, Any]:
    """Write what ``--print_config`` prints to p.yaml, and return it."""
    capsys.readouterr()
    with pytest.raises(SystemExit, match=r"^0$"):
        command("fit", "--config", "digits_cnn", *flags, "--print_config")
    Path("p.yaml").write_text(capsys.readouterr().out)
    content: dict[str, Any] = yaml.safe_load(Path("p.yaml").read_text())
    return content


def test_a_printed_config_starts_the_same_experiment(
    command: Command, fit: Fit, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--trainer.max_epochs", 1, "--data.batch_size", 32)
    content = printed(command, capsys, *given, "--name", "other", "--profile")
    assert not {"name", "profile", "ckpt_path", "weights_only", "verbose"} & content.keys()
    printed(command, capsys, *given)
    again = folder_of(command("fit", "--config", "p.yaml"))
    assert again.parent.name == "p"
    assert same_weights(again, fit("--data.batch_size", 32))


def test_the_config_of_a_run_carries_its_name(command: Command, trained: Path) -> None:
    again = folder_of(command("fit", "--config", trained / "config.yaml"))
    assert again == trained.with_name("version_1")
    assert curve(again) == curve(trained)
    assert (again / "config.yaml").read_text() == (trained / "config.yaml").read_text()
    copied = Path("mine.yaml")
    copied.write_text((trained / "config.yaml").read_text())
    assert folder_of(command("fit", "--config", copied)).parent.name == "mine"


def test_a_model_of_the_working_folder_needs_no_path(tmp_path: Path) -> None:
    (tmp_path / "own_model_file.py").write_text(OWN_MODEL)
    program = Path(sys.executable).with_name("imgcls")
    if not program.is_file():
        pytest.skip("imgcls is not installed here")
    flags = "--model own_model_file.Linear --trainer.max_epochs 1 --name own"
    for arguments in (
        f"fit --config digits_overlay.yaml {flags}",
        "test --ckpt_path lightning_logs/own/version_0",
    ):
        (tmp_path / "digits_overlay.yaml").write_text("data: Digits\n")
        ended = subprocess.run(
            [program, *arguments.split()], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
    result = json.loads((tmp_path / "lightning_logs/own/version_0/result.json").read_text())
    assert (result["model"], result["test"]["images"]) == ("Linear", 360)


def test_the_path_of_python_is_put_back(fit: Fit) -> None:
    before = list(sys.path)
    fit()
    assert sys.path == before


def test_an_explicit_flag_wins_over_the_profile(
    fit: Fit, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fit("--profile", epochs=2)
    assert run.parent.name == "digits_cnn.profile"
    assert [row["epoch"] for row in curve(run)] == ["0", "1"]


def test_a_profile_trains_one_epoch(command: Command) -> None:
    cli = command("fit", "--config", "digits_cnn", "--profile")
    assert len(Run(folder_of(cli)).curves) == 1


def test_a_shell_may_name_many_images(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "abc":
        Image.new("L", (8, 8), 40 * ord(name) % 256).save(f"{name}.png")
    Path("more").mkdir()
    Image.new("L", (8, 8)).save("more/d.png")
    capsys.readouterr()
    names = ["b.png", "a.png", "more"]
    command("predict", "--images", *names, "--ckpt_path", trained)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == ["b.png", "a.png", "more/d.png"]
    with pytest.raises(SystemExit, match=r"^2$"):
        command("predict", "--ckpt_path", trained, "--images", "a.png", "nowhere.png")
    assert "--images nowhere.png is no image" in capsys.readouterr().err


def test_a_class_of_ones_own_may_bear_a_shipped_name(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "own_lenet.py").write_text(
        OWN_MODEL.replace("Linear(Classifier)", "LeNet5(Classifier)").replace(
            "**training):", "sides: int = 3, **training):"
        )
    )
    arguments = "fit --config digits_cnn --model own_lenet.LeNet5 --model.side 4"
    program = f"import imgcls; imgcls.main({arguments.split()})"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "imgcls: command line: model.side is not a setting of LeNet5: did you mean sides?\n"
    )
    assert not (tmp_path / "lightning_logs").exists()


def test_a_setting_named_like_an_option_of_the_command_is_saved(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--config", "cifar10_convnet", "--model.grid", "2", "--print_config"])
    assert yaml.safe_load(capsys.readouterr().out)["model"]["init_args"]["grid"] == 2
