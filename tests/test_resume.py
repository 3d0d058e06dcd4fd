import itertools
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from commands import Command, Fit, curve, folder_of, same_weights

CONFIG = """\
trainer: {max_epochs: 4}
data: {class_path: Digits, init_args: {batch_size: 256, augment: [{class_path: RandomCrop}]}}
model:
  class_path: MODEL
  init_args:
    optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.01}}
    schedule: {class_path: Cosine, init_args: {warmup: 0.1}}
"""
MODELS = {
    "cnn": ("SmallCNN", "    padding: 1\n"),
    "dropout": ("odd_parts.DropoutNet", ""),
    "batch_norm": ("ResNet18", "    width: 4\n"),
}
SIGNALS = {"sigterm": "name: SIGTERM", "sigint": "name: SIGINT"}
TWICE = "name: SIGINT, times: 2"


def write_config(model: str) -> None:
    class_path, options = MODELS[model]
    Path("run.yaml").write_text(CONFIG.replace("MODEL", class_path) + options)


def write_stop(how: str, *epochs: int) -> None:
    """Write the overlay that stops a run in some of its epochs."""
    callbacks = [
        f"{{class_path: odd_parts.SignalInEpoch, init_args: {{epoch: {epoch}, {how}}}}}"
        for epoch in epochs
    ]
    Path("stop.yaml").write_text(f"trainer: {{callbacks: [{', '.join(callbacks)}]}}\n")


def assert_same_end(one: Path, other: Path) -> None:
    assert same_weights(one, other)
    assert same_weights(one, other, "best")
    assert curve(one) == curve(other)
    ours, theirs = (json.loads((run / "result.json").read_text()) for run in (one, other))
    for key in ("train", "val", "epochs", "weights"):
        assert ours[key] == theirs[key]


@pytest.fixture
def seconds_that_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each reading of the clock take ten seconds, and so each epoch."""
    ticks = itertools.count(step=10)
    clock = SimpleNamespace(monotonic=lambda: float(next(ticks)))
    monkeypatch.setattr("imgcls.callbacks.stop_at_epoch_end.time", clock)


@pytest.mark.parametrize(
    ("how", "model"),
    [("sigterm", "cnn"), ("sigterm", "dropout"), ("sigint", "dropout"), ("sigint", "batch_norm")],
)
def test_a_signalled_run_resumes_exactly(
    command: Command, capsys: pytest.CaptureFixture[str], how: str, model: str
) -> None:
    write_config(model)
    write_stop(SIGNALS[how], 1)
    unbroken = folder_of(command("fit", "--config", "run.yaml"))
    stopped = folder_of(command("fit", "--config", "run.yaml", "--config", "stop.yaml"))
    printed = capsys.readouterr().out
    assert f"{how.upper()}: stopping at the end of this epoch" in printed
    here = stopped.relative_to(Path.cwd())
    assert f"stopped after epoch 2 of 4; resume with: imgcls fit --ckpt_path {here}" in printed
    assert len(curve(stopped)) == 2
    assert not (stopped / "result.json").exists()
    resumed = folder_of(command("fit", "--ckpt_path", stopped))
    assert resumed == stopped
    assert_same_end(stopped, unbroken)


@pytest.mark.usefixtures("seconds_that_jump")
@pytest.mark.parametrize("model", ["cnn", "dropout"])
def test_a_run_out_of_time_resumes_exactly(command: Command, model: str) -> None:
    write_config(model)
    unbroken = folder_of(command("fit", "--config", "run.yaml"))
    # an epoch ends 20, 40, ... seconds in; a third one would end 10 s after the second, at 50
    stopped = folder_of(command("fit", "--config", "run.yaml", "--trainer.max_time", "00:00:00:45"))
    assert len(curve(stopped)) == 2
    command("fit", "--ckpt_path", stopped, "--trainer.max_time", "01:00:00:00")
    assert_same_end(stopped, unbroken)


def test_a_second_signal_stops_at_once_and_keeps_the_epoch_before(command: Command) -> None:
    write_config("dropout")
    write_stop(TWICE, 1)
    unbroken = folder_of(command("fit", "--config", "run.yaml"))
    with pytest.raises(SystemExit) as stop:
        command("fit", "--config", "run.yaml", "--config", "stop.yaml")
    assert stop.value.code == 1
    stopped = unbroken.with_name("version_1")
    last = torch.load(stopped / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["epoch"] == 0
    command("fit", "--ckpt_path", stopped)
    assert_same_end(stopped, unbroken)


def test_a_run_stopped_twice_resumes_exactly(command: Command) -> None:
    write_config("dropout")
    write_stop(SIGNALS["sigterm"], 1, 2)
    unbroken = folder_of(command("fit", "--config", "run.yaml"))
    stopped = folder_of(command("fit", "--config", "run.yaml", "--config", "stop.yaml"))
    assert len(curve(stopped)) == 2
    command("fit", "--ckpt_path", stopped)
    assert len(curve(stopped)) == 3
    command("fit", "--ckpt_path", stopped)
    assert_same_end(stopped, unbroken)


def test_seconds_and_images_add_up_over_the_parts(command: Command) -> None:
    write_config("dropout")
    write_stop(SIGNALS["sigterm"], 1)
    stopped = folder_of(command("fit", "--config", "run.yaml", "--config", "stop.yaml"))
    cli = command("fit", "--ckpt_path", stopped)
    assert cli.clock.images == 4 * 5 * 256  # four epochs of five whole batches


@pytest.fixture
def stopped(command: Command) -> Path:
    write_config("dropout")
    write_stop(SIGNALS["sigterm"], 1)
    return folder_of(command("fit", "--config", "run.yaml", "--config", "stop.yaml"))


REFUSALS = {
    "rate": (
        ["--ckpt_path", "RUN", "--model.optimizer.lr", "0.5"],
        "RUN was trained with model.init_args.optimizer.init_args.lr: 0.01, now it is 0.5: "
        "a run resumes with its own recipe; leave --ckpt_path out to start a new one",
    ),
    "epochs": (
        ["--ckpt_path", "RUN", "--trainer.max_epochs", "9"],
        "RUN was trained with trainer.max_epochs: 4, now it is 9",
    ),
    "clipping": (
        ["--ckpt_path", "RUN", "--trainer.gradient_clip_val", "0.5"],
        "RUN was trained with trainer.gradient_clip_val: None, now it is 0.5: a run resumes with",
    ),
    "batch": (
        ["--ckpt_path", "RUN", "--data.batch_size", "8"],
        "RUN was trained with data.init_args.batch_size: 256, now it is 8",
    ),
    "data": (
        ["--ckpt_path", "RUN", "--data", "MNIST", "--seed_everything", "1"],
        "RUN was trained with data.class_path: imgcls.data.Digits, now it is imgcls.data.MNIST: "
        "a run resumes with its own recipe; leave --ckpt_path out to start a new one, or give "
        "--config NAME --finetune true to start it from this one's backbone",
    ),
    "model": (
        ["--ckpt_path", "RUN", "--model", "SmallCNN"],
        "RUN was trained with model.class_path: odd_parts.DropoutNet, now it is "
        "imgcls.models.SmallCNN: a run",
    ),
    "head": (
        ["--ckpt_path", "RUN", '--data.classes=["1","7"]'],
        "RUN was trained with data.init_args.classes: None, now it is ['1', '7']: a run",
    ),
    "another callback": (
        ["--ckpt_path", "RUN", "--trainer.callbacks+=MixedPrecision"],
        "RUN was trained with trainer.callbacks: ['odd_parts.SignalInEpoch'], now it is "
        "['odd_parts.SignalInEpoch', 'MixedPrecision']: a run resumes with its own recipe; leave",
    ),
    "fewer callbacks": (
        ["--ckpt_path", "RUN", "--trainer.callbacks", "null"],
        "RUN was trained with trainer.callbacks: ['odd_parts.SignalInEpoch'], now it is None: a",
    ),
    "callbacks of a config": (
        ["--config", "RUN/config.yaml", "--config", "ema.yaml", "--ckpt_path", "RUN"],
        "RUN was trained with trainer.callbacks: ['odd_parts.SignalInEpoch'], now it is "
        "['WeightEMA']: a run",
    ),
    "option of a callback": (
        ["--config", "RUN/config.yaml", "--config", "later.yaml", "--ckpt_path", "RUN"],
        "RUN was trained with trainer.callbacks[0].odd_parts.SignalInEpoch.epoch: 1, now it is 3: ",
    ),
    "seed": (
        ["--ckpt_path", "RUN", "--seed_everything", "1"],
        "RUN was trained with seed_everything: 0, now it is 1",
    ),
    "best": (
        ["--ckpt_path", "RUN/checkpoints/best.ckpt"],
        "RUN/checkpoints/best.ckpt has weights alone, resuming needs the optimizer too: "
        "give RUN/checkpoints/last.ckpt; to start a new run from these weights, add --finetune "
        "true\n",
    ),
    "no run": (
        ["--config", "run.yaml", "--ckpt_path", "lone.ckpt"],
        "lone.ckpt lies in no run folder, so there is nothing to resume: give the run folder, "
        "or its checkpoints/last.ckpt; to start a new run from these weights, add --finetune true",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_changed_recipe_is_refused(
    stopped: Path, command: Command, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    shutil.copy(stopped / "checkpoints" / "last.ckpt", "lone.ckpt")
    Path("ema.yaml").write_text("trainer: {callbacks: [{class_path: WeightEMA}]}\n")
    later = Path("stop.yaml").read_text().replace("epoch: 1", "epoch: 3")
    Path("later.yaml").write_text(later)
    arguments, text = REFUSALS[case]
    before = (stopped / "checkpoints" / "last.ckpt").read_bytes()
    with pytest.raises(SystemExit, match=r"^2$"):
        command("fit", *(argument.replace("RUN", str(stopped)) for argument in arguments))
    line = capsys.readouterr().err
    assert text.replace("RUN", str(stopped)) in line
    assert line.count("\n") == 1
    assert (stopped / "checkpoints" / "last.ckpt").read_bytes() == before
    assert [run.name for run in stopped.parent.iterdir()] == ["version_0"]


def test_an_ended_run_is_not_resumed(
    trained: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        command("fit", "--ckpt_path", trained)
    line = f"imgcls: {trained} has ended: test it with 'imgcls test --ckpt_path {trained}'\n"
    assert capsys.readouterr().err == line


def test_an_ended_run_without_validation_is_not_resumed(
    fit: Fit, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fit("--data.val_fraction", 0)
    with pytest.raises(SystemExit, match=r"^2$"):
        command("fit", "--ckpt_path", run)
    assert "has ended" in capsys.readouterr().err


def test_machine_facts_may_change_on_resume(stopped: Path, command: Command) -> None:
    cli = command("fit", "--ckpt_path", stopped, "--machine.threads", 1)
    assert cli.trainer.current_epoch == 4


def test_callbacks_that_only_observe_may_change_on_resume(stopped: Path, command: Command) -> None:
    cli = command("fit", "--ckpt_path", stopped, "--trainer.callbacks+=ScoreFigures")
    assert cli.trainer.current_epoch == 4
