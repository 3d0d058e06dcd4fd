import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from commands import Command, Fit, curve, folder_of, same_weights, weights
from made_files import made_pixels, write_cifar10, write_stl10, write_tree
from odd_parts import BackboneDiary
from torch import Tensor

from imgcls.cli.lightning_cli import ImgclsCLI
from imgcls.models import ConvNet
from imgcls.runs.hyperparameters import hyperparameters

SOURCE = "digits_cnn/version_0/checkpoints/best.ckpt"
CONFIG = """\
finetune: true
trainer:
  max_epochs: 4
  callbacks:
    - {class_path: FreezeBackbone, init_args: {epochs: 2}}
    - {class_path: odd_parts.BackboneDiary}
data: {class_path: Digits, init_args: {classes: ["7", "1", "3"]}}
model:
  class_path: SmallCNN
  init_args:
    channels: [32, 32, 64]
    padding: 1
    backbone_rate: 0.1
    optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.01, weight_decay: 0.1}}
    schedule: {class_path: Cosine, init_args: {warmup: 0.1}}
"""


def tuned(command: Command, *flags: object, config: str = "tuned.yaml") -> ImgclsCLI:
    Path("tuned.yaml").write_text(CONFIG)
    return command("fit", "--config", config, *flags)


def folder(cli: ImgclsCLI) -> Path:
    return folder_of(cli)


def first_backbone(cli: ImgclsCLI) -> dict[str, Tensor]:
    """Return the backbone's weights as they were before the first step."""
    callbacks: list[object] = cli.trainer.callbacks  # type: ignore[attr-defined]
    states = next(each for each in callbacks if isinstance(each, BackboneDiary)).states
    return {f"backbone.{name}": value for name, value in states[0].items()}


def result_of(run: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((run / "result.json").read_text())
    return result


def raise_weights(run: Path, name: str, by: float) -> None:
    """Make the weights of a checkpoint differ from those of all others."""
    path = run / "checkpoints" / f"{name}.ckpt"
    content = torch.load(path, weights_only=True)
    for weight in content["state_dict"].values():
        weight += by
    torch.save(content, path)


@pytest.mark.parametrize(
    ("given", "name"),
    [("", "best"), ("checkpoints", "best"), ("checkpoints/last.ckpt", "last")],
)
def test_a_new_run_starts_from_the_weights_asked_for(
    trained: Path, command: Command, given: str, name: str
) -> None:
    raise_weights(trained, name, 0.25)
    cli = tuned(command, "--ckpt_path", trained / given)
    started, source = first_backbone(cli), weights(trained, name)
    assert started.keys() == source.keys() - {"head.weight", "head.bias"}
    assert all(torch.equal(value, source[key]) for key, value in started.items())
    assert weights(folder(cli))["head.weight"].shape == (3, 64)
    saved = yaml.safe_load((folder(cli) / "config.yaml").read_text())
    assert saved["started_from"] == f"digits_cnn/version_0/checkpoints/{name}.ckpt"
    assert saved["finetune"] is False
    assert hyperparameters(saved)["started_from"] == saved["started_from"]


def test_without_chosen_weights_the_last_ones_are_taken(fit: Fit, command: Command) -> None:
    run = fit("--data.val_fraction", 0)
    cli = tuned(command, "--ckpt_path", run)
    started = first_backbone(cli)
    assert all(torch.equal(value, weights(run)[key]) for key, value in started.items())
    assert result_of(folder(cli))["started_from"]["weights"] == "last, epoch 1"


def test_the_source_stays_as_it_was_and_the_run_is_new(
    trained: Path, command: Command, tmp_path: Path
) -> None:
    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}

    before = content()
    cli = tuned(command, "--ckpt_path", trained)
    assert content() == before
    assert folder(cli) == tmp_path / "lightning_logs" / "tuned" / "version_0"
    assert [row["epoch"] for row in curve(folder(cli))] == ["0", "1", "2", "3"]


def test_the_table_tells_what_was_loaded_and_what_is_new(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    tuned(command, "--ckpt_path", trained, "--model.hidden", "[128,32]")
    printed = capsys.readouterr().out
    # 1->32->32->64 channels of 3x3, then 256->128; of the last layer all but 64 x 128 and 64 fits
    loaded = 32 * 9 + 32 + 32 * 32 * 9 + 32 + 64 * 32 * 9 + 64 + 256 * 128 + 128
    assert (
        f"fine-tuning from {SOURCE} (Digits, best, epoch 1)\n"
        f"  loaded         {loaded:,} parameters  backbone.0, backbone.3, backbone.5, backbone.9\n"
        "  skipped         8,256 parameters  backbone.11.weight is (64, 128) there and (32, 128) "
        "here\n"
        "  skipped           650 parameters  the old head's rows of 0, 1, 2, 3, 4, 5, 6, 7 and 2 "
        "more: head.weight (10, 64), head.bias (10,)\n"
        "  new                99 parameters  head rows of 7, 1, 3\n"
    ) in printed


def test_the_table_tells_which_rows_were_copied(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    tuned(command, "--ckpt_path", trained, "--copy_shared_classes", "true")
    assert (
        "  loaded            195 parameters  head rows of 7, 1, 3\n"
        "  skipped           455 parameters  the old head's rows of 0, 2, 4, 5, 6, 8, 9: "
        "head.weight (10, 64), head.bias (10,)\n"
        "SmallCNN, "
    ) in capsys.readouterr().out


def test_the_result_says_where_it_comes_from(trained: Path, command: Command) -> None:
    run = folder(tuned(command, "--ckpt_path", trained))
    assert result_of(run)["started_from"] == {
        "checkpoint": SOURCE,
        "weights": "best, epoch 1",
        "data": "Digits",
        "val_accuracy": result_of(trained)["val"]["accuracy"],
        "loaded_parameters": 69_216,
    }
    command("test", "--ckpt_path", run)
    tested = result_of(run)
    assert tested["started_from"]["checkpoint"] == SOURCE
    assert tested["test"]["images"] == 109  # sevens, ones and threes among the 360
    assert tested["test_evaluations"] == 1


def test_an_accuracy_of_other_weights_is_not_reported(trained: Path, command: Command) -> None:
    cli = tuned(command, "--ckpt_path", trained / "checkpoints" / "last.ckpt")
    assert "val_accuracy" not in result_of(folder(cli))["started_from"]


def test_a_checkpoint_without_a_run_is_called_as_it_was_given(
    trained: Path, command: Command
) -> None:
    shutil.copy(trained / "checkpoints" / "best.ckpt", "lone.ckpt")
    run = folder(tuned(command, "--ckpt_path", "lone.ckpt"))
    assert yaml.safe_load((run / "config.yaml").read_text())["started_from"] == "lone.ckpt"
    assert result_of(run)["started_from"]["checkpoint"] == "lone.ckpt"


def test_no_record_names_a_folder_of_the_source_s_machine(
    trained: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "elsewhere" / "runs" / "digits_cnn" / "version_7"
    moved.parent.mkdir(parents=True)
    trained.rename(moved)
    monkeypatch.chdir(moved)
    run = folder(tuned(command, "--ckpt_path", "."))
    for name in ("config.yaml", "result.json"):
        text = (run / name).read_text()
        assert "digits_cnn/version_7/checkpoints/best.ckpt" in text
        assert "elsewhere/runs/digits_cnn/version_7/checkpoints" not in text


@pytest.mark.parametrize(
    ("option", "flags"),
    [
        ("", ["--finetune", "true"]),
        ("", ["--finetune=True"]),
        ("finetune: false", ["--finetune", "true"]),
    ],
)
def test_the_flag_asks_for_it_too(
    trained: Path, command: Command, option: str, flags: list[str]
) -> None:
    Path("plain.yaml").write_text(CONFIG.replace("finetune: true", option))
    cli = command("fit", "--config", "plain.yaml", "--ckpt_path", trained, *flags)
    assert folder(cli).parent.name == "plain"
    assert "started_from" in result_of(folder(cli))


def test_a_later_config_decides(trained: Path, command: Command) -> None:
    Path("no.yaml").write_text("finetune: false\n")
    cli = tuned(command, "--config", "no.yaml")
    assert "started_from" not in result_of(folder(cli))
    Path("yes.yaml").write_text("finetune: true\n")
    cli = tuned(command, "--config", "no.yaml", "--config", "yes.yaml", "--ckpt_path", trained)
    assert "started_from" in result_of(folder(cli))


def test_the_rate_asked_for_is_the_rate_trained(trained: Path, command: Command) -> None:
    flags = ["--model.optimizer.lr", 0.25, "--model.schedule", "Constant"]
    cli = tuned(command, "--ckpt_path", trained, *flags)
    assert [float(row["lr"]) for row in curve(folder(cli))] == [0.25] * 4
    rates = {group["lr"] for group in cli.trainer.optimizers[0].param_groups}
    assert rates == {0.25, 0.025}


def test_rows_of_shared_classes_are_copied_when_asked(trained: Path, command: Command) -> None:
    still = ["--ckpt_path", trained, "--model.optimizer.lr", 0]
    head = weights(folder(tuned(command, *still, "--copy_shared_classes", "true")))
    new = weights(folder(tuned(command, *still)))
    source = weights(trained, "best")
    for name in ("head.weight", "head.bias"):
        assert torch.equal(head[name], source[name][[7, 1, 3]])
        assert not torch.isclose(new[name], source[name][[7, 1, 3]]).any()


def test_a_head_of_the_same_shape_is_new_all_the_same(trained: Path, command: Command) -> None:
    still = ["--data.classes", "null", "--model.optimizer.lr", 0]
    head = weights(folder(tuned(command, "--ckpt_path", trained, *still)))
    fresh = weights(folder(tuned(command, "--finetune", "false", *still)))
    source = weights(trained, "best")
    for name in ("head.weight", "head.bias"):
        assert head[name].shape == source[name].shape
        assert torch.equal(head[name], fresh[name])
        assert not torch.isclose(head[name], source[name]).any()


STOP = "- {class_path: odd_parts.SignalInEpoch, init_args: {epoch: EPOCH, name: SIGTERM}}"


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_fine_tuned_run_resumes_exactly(trained: Path, command: Command, epoch: int) -> None:
    unbroken = folder(tuned(command, "--ckpt_path", trained))
    stop = f"    {STOP.replace('EPOCH', str(epoch))}\ndata:"
    Path("stopped.yaml").write_text(CONFIG.replace("data:", stop, 1))
    stopped = folder(tuned(command, "--ckpt_path", trained, config="stopped.yaml"))
    assert len(curve(stopped)) == epoch + 1
    shutil.rmtree(trained)  # nothing of the source is needed any more
    command("fit", "--ckpt_path", stopped)
    assert same_weights(unbroken, stopped)
    assert same_weights(unbroken, stopped, "best")
    assert curve(unbroken) == curve(stopped)
    for key in ("started_from", "train", "val", "weights"):
        assert result_of(stopped)[key] == result_of(unbroken)[key]


def test_a_fine_tuned_run_can_be_the_source_of_another(trained: Path, command: Command) -> None:
    first = folder(tuned(command, "--ckpt_path", trained))
    second = tuned(command, "--ckpt_path", first, "--name", "again")
    best = weights(first, "best")
    started = first_backbone(second)
    assert all(torch.equal(value, best[key]) for key, value in started.items())


def test_a_trial_leaves_nothing(trained: Path, command: Command, tmp_path: Path) -> None:
    cli = tuned(command, "--ckpt_path", trained, "--trainer.fast_dev_run", 2)
    assert cli.trainer.global_step == 2
    assert [path.name for path in (tmp_path / "lightning_logs").iterdir()] == ["digits_cnn"]


def test_a_refused_checkpoint_leaves_no_run(trained: Path, command: Command) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        tuned(command, "--ckpt_path", trained, "--model.channels", "[8,8,32]")
    assert [path.name for path in trained.parent.parent.iterdir()] == ["digits_cnn"]


def test_weights_do_not_depend_on_the_size_of_the_image_with_a_grid(command: Command) -> None:
    def net(size: int, options: str) -> str:
        write_tree(Path(f"birds_{size}"), {"jay": 6, "owl": 6}, shape=(3, size, size))
        name = f"birds_{size}.yaml"
        Path(name).write_text(
            "trainer: {max_epochs: 1, callbacks: [{class_path: odd_parts.BackboneDiary}]}\n"
            f"data: {{class_path: ImageFolder, init_args: {{root: birds_{size}, "
            f"image_size: {size}, val_fraction: 0.5}}}}\n"
            f"model: {{class_path: ConvNet, init_args: {{{options}}}}}\n"
        )
        return name

    small = folder(command("fit", "--config", net(32, "batch_norm: true")))
    cli = command(
        "fit", "--config", net(96, "batch_norm: true, grid: 5"), "--finetune", "true",
        "--ckpt_path", small,
    )  # fmt: skip
    assert cli.model.image_shape == (3, 96, 96)
    source = weights(small, "best")
    assert all(torch.equal(value, source[key]) for key, value in first_backbone(cli).items())


CIFAR_TO_STL = """\
trainer: {max_epochs: 1}
data: {class_path: DATA, init_args: {root: made, val_fraction: 0.5, OPTIONS}}
model: {class_path: ConvNet, init_args: {batch_norm: true}}
"""


def test_from_cifar_10_to_stl_10_and_its_test_set(command: Command) -> None:
    labels = [*range(10)] * 2
    write_cifar10(Path("made/cifar-10-batches-py"), made_pixels(20), labels)
    write_stl10(Path("made/stl10_binary"), made_pixels(20, shape=(3, 96, 96)), labels)
    for name, options in (("CIFAR10", "batch_size: 10"), ("STL10", "image_size: 32")):
        text = CIFAR_TO_STL.replace("DATA", name).replace("OPTIONS", options)
        Path(f"{name}.yaml").write_text(text)
    source = folder(command("fit", "--config", "CIFAR10.yaml"))
    run = folder(
        command("fit", "--config", "STL10.yaml", "--finetune", "true", "--ckpt_path", source,
                "--copy_shared_classes", "true", "--model.optimizer", "torch.optim.SGD",
                "--model.optimizer.lr", "1e-30")
    )  # fmt: skip
    # airplane, bird, ship, cat, dog: the rows that CIFAR-10 has for them
    rows = weights(source, "best")["head.weight"][[0, 2, 8, 3, 5]]
    assert torch.equal(weights(run)["head.weight"], rows)
    cli = command("test", "--ckpt_path", run)
    assert isinstance(cli.model, ConvNet)
    assert result_of(run)["test"]["images"] == 10
    classes = list(result_of(run)["test"]["class_accuracy"])
    assert classes == ["airplane", "bird", "ship", "cat", "dog"]
    assert result_of(run)["started_from"]["data"] == "CIFAR10"
