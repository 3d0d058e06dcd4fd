import json
import math
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from commands import Command, Fit, curve, folder_of, same_weights
from made_files import write_image
from torch import Tensor

from imgcls.cli.configs import listing
from imgcls.shipped_configs import shipped

FACTS = {
    "experiment", "run", "model", "data", "validated_on", "seed", "epochs", "parameters",
    "flops_per_image", "train_petaflops", "train_seconds", "images_per_second", "peak_memory_mb",
    "device", "precision", "threads", "versions", "git_commit", "checkpoint", "weights",
    "test_evaluations", "train", "val", "format_version", "tuned_with",
}  # fmt: skip
SCORES = {
    "loss", "accuracy", "accuracy_interval", "top5_accuracy", "mean_class_accuracy",
    "expected_calibration_error", "images", "class_accuracy",
}  # fmt: skip


def files_of(run: Path) -> set[str]:
    names = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    return {"events" if name.startswith("events.out.tfevents.") else name for name in names}


def test_fit_leaves_the_promised_run_folder_and_nothing_else(fit: Fit, tmp_path: Path) -> None:
    run = fit()
    assert run == tmp_path / "lightning_logs" / "digits_cnn" / "version_0"
    checkpoints = {"checkpoints/best.ckpt", "checkpoints/last.ckpt"}
    numbers = {
        "config.yaml",
        "metrics.csv",
        "result.json",
        "curves.png",
        "answers_val.npz",
        "events",
        "split.json.gz",
    }
    assert files_of(run) == numbers | checkpoints
    assert [path.name for path in tmp_path.iterdir()] == ["lightning_logs"]


def test_best_has_weights_alone_and_last_has_the_optimizer(trained: Path) -> None:
    best, last = (
        torch.load(trained / "checkpoints" / f"{name}.ckpt", weights_only=True)
        for name in ("best", "last")
    )
    assert not {"optimizer_states", "lr_schedulers"} & best.keys()
    assert len(last["optimizer_states"]) == len(last["lr_schedulers"]) == 1
    assert best["state_dict"].keys() == last["state_dict"].keys()


def test_metrics_have_a_row_an_epoch(fit: Fit) -> None:
    rows = curve(fit(epochs=2))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    numbers = ("train/loss", "train/acc", "val/loss", "val/acc", "lr")
    assert all(math.isfinite(float(row[name])) for row in rows for name in numbers)


def test_result_holds_facts_and_scores(trained: Path, command: Command) -> None:
    result = json.loads((trained / "result.json").read_text())
    assert result.keys() == FACTS
    command("test", "--ckpt_path", trained)
    tested = json.loads((trained / "result.json").read_text())
    assert tested.keys() == FACTS | {"test", "test_set"}
    for split, images in (("train", 1293), ("val", 144), ("test", 360)):
        assert tested[split].keys() == SCORES
        assert tested[split]["images"] == images
        assert list(tested[split]["class_accuracy"]) == list("0123456789")
    unchanged = {key: value for key, value in tested.items() if key in FACTS - {"test_evaluations"}}
    assert unchanged == {key: result[key] for key in unchanged}
    assert (result["model"], result["data"], result["seed"]) == ("SmallCNN", "Digits", 0)
    assert (result["epochs"], result["threads"]) == (1, 1)
    assert result["checkpoint"] == "checkpoints/best.ckpt"
    assert result["images_per_second"] > 0
    assert {"python", "torch", "lightning", "imgcls"} <= result["versions"].keys()


def test_result_is_of_the_chosen_weights(fit: Fit) -> None:
    run = fit(epochs=3)
    result = json.loads((run / "result.json").read_text())
    best = max(float(row["val/acc"]) for row in curve(run))
    assert result["val"]["accuracy"] == pytest.approx(best, abs=1e-6)
    epoch = int(re.fullmatch(r"best, epoch (\d)", result["weights"])[1])  # type: ignore[index]
    assert float(curve(run)[epoch - 1]["val/acc"]) == best


def test_every_evaluation_on_the_test_set_is_counted(trained: Path, command: Command) -> None:
    counts = []
    for _ in range(2):
        command("test", "--ckpt_path", trained)
        counts.append(json.loads((trained / "result.json").read_text())["test_evaluations"])
    assert counts == [1, 2]


def test_validating_is_no_evaluation_on_the_test_set(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (trained / "result.json").read_text()
    command("validate", "--ckpt_path", trained)
    accuracy = json.loads(before)["val"]["accuracy"]
    assert f"val        accuracy {accuracy:.2%}" in capsys.readouterr().out
    assert (trained / "result.json").read_text() == before


@pytest.mark.parametrize("part", ["", "checkpoints", "checkpoints/best.ckpt"])
def test_a_run_is_tested_from_any_folder_by_its_path_alone(
    trained: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    cli = command("test", "--ckpt_path", trained / part)
    assert folder_of(cli) == trained
    assert list(elsewhere.iterdir()) == []
    assert "test" in json.loads((trained / "result.json").read_text())


@pytest.mark.parametrize("name", ["best", "last"])
def test_best_and_last_are_of_the_newest_run(trained: Path, command: Command, name: str) -> None:
    command("fit", "--config", "digits_cnn", "--trainer.max_epochs", 1)
    cli = command("test", "--config", "digits_cnn", "--ckpt_path", name)
    assert folder_of(cli) == trained.with_name("version_1")
    assert cli.config_init["test"].ckpt_path == str(folder_of(cli) / "checkpoints" / f"{name}.ckpt")


@pytest.mark.parametrize("name", ["best", "last"])
def test_the_tested_weights_are_those_of_the_checkpoint(
    trained: Path, command: Command, name: str
) -> None:
    path = trained / "checkpoints" / f"{name}.ckpt"
    content = torch.load(path, weights_only=True)
    content["state_dict"]["head.weight"].zero_()
    content["state_dict"]["head.bias"][:] = torch.eye(10)[3]
    torch.save(content, path)
    cli = command("test", "--ckpt_path", path)
    logits, labels = cli.model.outputs()
    assert logits.argmax(1).tolist() == [3] * len(labels)


def test_an_evaluation_of_other_weights_is_counted_and_not_recorded(
    trained: Path, command: Command
) -> None:
    command("test", "--ckpt_path", trained / "checkpoints" / "last.ckpt")
    result = json.loads((trained / "result.json").read_text())
    assert result["test_evaluations"] == 1
    assert "test" not in result
    command("test", "--ckpt_path", trained)
    result = json.loads((trained / "result.json").read_text())
    assert result["test_evaluations"] == 2
    assert "test" in result


def test_flags_and_yaml_win_over_what_the_checkpoint_remembers(
    trained: Path, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "facts.yaml").write_text("data: {init_args: {batch_size: 50}}\n")
    for flags, size in ((["--data.batch_size", 7], 7), (["--config", "facts.yaml"], 50)):
        config = ["--config", trained / "config.yaml"]
        cli = command("test", *config, *flags, "--ckpt_path", trained)
        assert cli.datamodule.batch_size == size


def test_the_rate_asked_for_is_the_rate_trained(fit: Fit, trained: Path) -> None:
    run = fit("--model.optimizer.lr", 0.25, "--model.schedule", "Constant")
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["model"]["init_args"]["optimizer"]["init_args"]["lr"] == 0.25
    assert float(curve(run)[0]["lr"]) == 0.25


def test_no_argument_of_a_default_optimizer_leaks(command: Command, tmp_path: Path) -> None:
    (tmp_path / "plain_sgd.yaml").write_text(
        "trainer: {max_epochs: 1}\ndata: Digits\nmodel:\n  class_path: TwoLayerNet\n  init_args:\n"
        "    optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}\n"
    )
    cli = command("fit", "--config", "plain_sgd.yaml")
    optimizer = cli.trainer.optimizers[0]
    assert isinstance(optimizer, torch.optim.SGD)
    for group in optimizer.param_groups:
        assert (group["weight_decay"], group["momentum"]) == (0, 0)


def test_without_validation_the_last_weights_are_chosen(fit: Fit, command: Command) -> None:
    run = fit("--data.val_fraction", 0)
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["last.ckpt"]
    result = json.loads((run / "result.json").read_text())
    assert result.keys() == FACTS - {"val"}
    assert result["train"]["images"] == 1437
    assert (result["checkpoint"], result["weights"]) == ("checkpoints/last.ckpt", "last, epoch 1")
    command("test", "--ckpt_path", run)
    assert json.loads((run / "result.json").read_text())["test"]["images"] == 360


def test_name_sets_the_folder_of_runs(fit: Fit, command: Command, tmp_path: Path) -> None:
    run = fit("--name", "wide")
    assert run == tmp_path / "lightning_logs" / "wide" / "version_0"
    assert json.loads((run / "result.json").read_text())["experiment"] == "wide"
    cli = command("test", "--config", "digits_cnn", "--name", "wide", "--ckpt_path", "best")
    assert folder_of(cli) == run


def test_runs_lie_under_the_root_folder_asked_for(fit: Fit, tmp_path: Path) -> None:
    run = fit("--trainer.default_root_dir", "deep/er")
    assert run == tmp_path / "deep" / "er" / "lightning_logs" / "digits_cnn" / "version_0"
    assert "val" in json.loads((run / "result.json").read_text())
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_two_runs_do_not_share_a_folder(fit: Fit) -> None:
    first = fit()
    before = (first / "metrics.csv").read_bytes()
    assert fit().name == "version_1"
    assert (first / "metrics.csv").read_bytes() == before


def test_the_saved_config_repeats_the_run(trained: Path, fit: Fit) -> None:
    again = fit("--name", "again", config=str(trained / "config.yaml"))
    assert curve(again) == curve(trained)
    assert (again / "config.yaml").read_text() == (trained / "config.yaml").read_text()


def test_machine_facts_reach_torch(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    fit("--machine.threads", 2)
    assert asked == [2]


def test_the_backbone_is_compiled_for_training_alone(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[bool] = []

    def compiled(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def heard(inputs: Tensor) -> Tensor:
            passes.append(torch.is_grad_enabled())
            return forward(inputs)

        return heard

    plain = fit(epochs=2)
    monkeypatch.setattr(torch, "compile", compiled)
    run = fit("--machine.compile", "true", epochs=2)
    assert same_weights(run, plain)
    assert passes == [True] * 40


def test_a_cpu_has_no_use_for_cuda_graphs(fit: Fit) -> None:
    assert same_weights(fit("--machine.cuda_graphs", "true"), fit())


def test_the_quicker_backbone_is_let_go_after_training(command: Command) -> None:
    one_epoch = ("fit", "--config", "digits_cnn", "--trainer.max_epochs", 1)
    assert command(*one_epoch, "--machine.cuda_graphs", "true").model.training_backbone is None


@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["-h"], ["help"], ["--version"], ["configs"], ["configs", "digits_cnn"]],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_what_trains_nothing_needs_no_torch(arguments: list[str]) -> None:
    code = f"import sys, imgcls; imgcls.main({arguments}); print(*sys.modules, file=sys.stderr)"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    heavy = {"torch", "lightning", "numpy", "matplotlib", "sklearn", "imgcls.cli.lightning_cli"}
    assert not heavy & set(ended.stderr.split())
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < 0.5, f"{spent:.2f} s of processor time"
    assert ended.stdout


def test_configs_lists_each_shipped_one_and_prints_the_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from imgcls import main

    main(["configs"])
    listed = capsys.readouterr().out
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert sorted(names[1:]) == sorted(shipped())
    groups = [part.splitlines()[0] for part in listed.split("\n\n")[1:]]
    assert groups[0] == "CIFAR10"
    assert groups[-1] == "machine settings, to lay over a config"
    assert max(map(len, listing(80).splitlines())) <= 80
    (line,) = [line for line in listing(80).splitlines() if line.startswith("  mnist_fcn")]
    assert re.fullmatch(r"  mnist_fcn +\d\d\.\d\d ± 0\.\d\d % +\d+\.\d s +1\.3 M", line)
    main(["configs", "digits_cnn"])
    assert capsys.readouterr().out == shipped()["digits_cnn"].read_text()


def test_names_in_any_script_work_in_any_locale(tmp_path: Path) -> None:
    names = ["кот", "犬", "ميمون"]
    for level, name in enumerate(names):
        for number in range(4):
            pixels = np.full((3, 8, 8), 40 * number + level, np.uint8)
            write_image(tmp_path / name / f"{number}.png", pixels)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    told = subprocess.run(
        [sys.executable, "-m", "imgcls", "data", "ImageFolder", "--root", tmp_path],
        capture_output=True,
        env={**os.environ, **plain, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    text = (told.stdout + told.stderr).decode()
    assert all(name in text for name in names), text
    assert "Traceback" not in text


def test_the_module_is_the_command() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "imgcls", "configs", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("imgcls: --config nonsense is neither")


def test_an_evaluation_is_saved_also_when_nobody_listens(
    trained: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def summary(*_: object) -> str:
        raise BrokenPipeError

    monkeypatch.setattr("imgcls.cli.lightning_cli.summary", summary)
    with pytest.raises(BrokenPipeError):
        command("test", "--ckpt_path", trained)
    result = json.loads((trained / "result.json").read_text())
    assert result["test_evaluations"] == 1
    assert result["test"]["images"] == 360
