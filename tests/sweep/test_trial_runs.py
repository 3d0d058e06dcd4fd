"""What a trial's run folders mean, with a command that trains nothing."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from imgcls.errors import DiskFullError, InputError
from imgcls.runs import find as runs
from imgcls.runs.run import Run
from imgcls.sweep.plan import plan
from imgcls.sweep.study import Study
from imgcls.sweep.trial_runs import Outcome, StoppedError, TrialRuns
from imgcls.sweep.trials import Trial

TRIAL = Trial("width=2", {"model.width": 2})


class Command:
    """Claims a run and writes its result, as ``imgcls fit`` does.

    Attributes:
        calls: The arguments of each training.
        fault: What to raise in place of a result.
        stopped: Whether to end as if a signal had come.
        asked: Whether to end as if it had come in the last epoch.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.calls: list[list[str]] = []
        self.fault: Exception | None = None
        self.stopped = self.asked = False

    def __call__(self, arguments: list[str]) -> Any:
        flags = dict(flag.removeprefix("--").split("=") for flag in arguments if "=" in flag)
        config = {
            "seed_everything": 0,
            "trainer": {"max_epochs": int(flags.get("trainer.max_epochs", 5))},
            "data": {
                "init_args": {
                    "val_fraction": float(flags.get("data.val_fraction", 0.1)),
                    "validate_on": flags.get("data.validate_on", "val"),
                }
            },
            "model": {"init_args": {"width": int(flags.get("model.width", 1))}},
        }
        if "--print_config" in arguments:
            print(yaml.safe_dump(config))
            raise SystemExit(0)
        self.calls.append(arguments)
        if "--name" not in arguments:
            run = Run(arguments[-1])
        else:
            seed = int(arguments[arguments.index("--seed_everything") + 1])
            run = self.claim(arguments[arguments.index("--name") + 1], config, seed)
        if self.fault:
            raise self.fault
        if not self.stopped:
            run.write_result({"train": {}})
        stopper = SimpleNamespace(asked=self.asked, stopped=self.stopped)
        return SimpleNamespace(run=run, stopper=stopper)

    def claim(self, experiment: str, config: dict[str, Any], seed: int) -> Run:
        run = runs.claim(self.logs, experiment)
        run.write_config({**config, "seed_everything": seed})
        run.checkpoints.mkdir()
        (run.checkpoints / "last.ckpt").touch()
        return run


def make_study(**changes: Any) -> Study:
    facts: dict[str, Any] = {
        "name": "mine", "configs": [Path("base.yaml")], "flags": {}, "seeds": [0], "kind": "each",
        "content": {"model.width": {"1": 1, "2": 2}}, "trials": 0,
    }  # fmt: skip
    return Study(**facts | changes)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").touch()
    return Command(tmp_path / "lightning_logs")


@pytest.fixture
def trial_runs(command: Command) -> TrialRuns:
    return TrialRuns(make_study(flags={"trainer.max_epochs": 7}), command)


def remembered(trial_runs: TrialRuns, command: Command, seed: int = 0) -> Outcome:
    """Return the outcome as another process would find it, which must not train."""
    before = len(command.calls)
    outcome = TrialRuns(trial_runs.study, command).outcome(TRIAL, seed)
    assert len(command.calls) == before
    return outcome


def test_a_run_is_asked_for_as_a_user_would(trial_runs: TrialRuns, command: Command) -> None:
    outcome = trial_runs.outcome(TRIAL, 3)
    assert command.calls == [
        ["fit", "--config", "base.yaml", "--name", "mine.width=2", "--seed_everything", "3",
         "--trainer.max_epochs=7", "--model.width=2"]
    ]  # fmt: skip
    assert outcome == Outcome(TRIAL, 3, Run(command.logs / "mine.width=2" / "version_0"))
    assert remembered(trial_runs, command, 3) == outcome


def test_a_trial_wins_over_the_flags_of_its_study(command: Command) -> None:
    study = make_study(flags={"model.width": 9, "trainer.max_epochs": 7})
    TrialRuns(study, command).outcome(TRIAL, 0)
    assert command.calls[0][-2:] == ["--trainer.max_epochs=7", "--model.width=2"]


def test_only_what_fine_tunes_is_given_the_checkpoint(command: Command) -> None:
    Path("source.ckpt").touch()
    Path("base.yaml").write_text("finetune: true")
    trial_runs = TrialRuns(make_study(ckpt_path="source.ckpt"), command)
    trial_runs.outcome(TRIAL, 0)
    trial_runs.outcome(Trial("scratch", {"finetune": False}), 0)
    assert command.calls[0][3:7] == ["--ckpt_path", "source.ckpt", "--name", "mine.width=2"]
    assert "--ckpt_path" not in command.calls[1]
    assert trial_runs.config(TRIAL)["started_from"] == "source.ckpt"


def test_a_checkpoint_that_nothing_starts_from_is_refused(command: Command) -> None:
    trial_runs = TrialRuns(make_study(ckpt_path="source.ckpt"), command)
    with pytest.raises(InputError, match=r"^mine has the ckpt_path source.ckpt, but no trial fine"):
        plan(trial_runs)


def test_runs_are_told_apart_by_their_seed(trial_runs: TrialRuns, command: Command) -> None:
    found = [trial_runs.outcome(TRIAL, seed).run for seed in (0, 1, 0)]
    assert len(command.calls) == 2
    assert found[0] == found[2] != found[1]


def test_a_stopped_run_goes_on(trial_runs: TrialRuns, command: Command) -> None:
    command.stopped = True
    with pytest.raises(StoppedError):
        trial_runs.outcome(TRIAL, 0)
    command.stopped = False
    run = Run(command.logs / "mine.width=2" / "version_0")
    assert trial_runs.outcome(TRIAL, 0).run == run
    assert command.calls[1] == ["fit", "--ckpt_path", str(run)]


def test_a_signal_in_the_last_epoch_stops_the_sweep_behind_the_run(
    trial_runs: TrialRuns, command: Command
) -> None:
    command.asked = True
    with pytest.raises(StoppedError):
        trial_runs.outcome(TRIAL, 0)
    assert remembered(trial_runs, command).run is not None


def test_a_run_without_a_checkpoint_is_left_alone(trial_runs: TrialRuns, command: Command) -> None:
    run = trial_runs.outcome(TRIAL, 0).run
    assert run is not None
    run.result_file.unlink()
    (run.checkpoints / "last.ckpt").unlink()
    second = Run(run.folder.with_name("version_1"))
    assert trial_runs.outcome(TRIAL, 0).run == second
    assert remembered(trial_runs, command).run == second


def test_a_failure_is_kept_in_its_run(trial_runs: TrialRuns, command: Command) -> None:
    command.fault = InputError("the loss is nan")
    outcome = trial_runs.outcome(TRIAL, 0)
    assert outcome == Outcome(TRIAL, 0, None, "the loss is nan")
    assert remembered(trial_runs, command) == outcome


def test_a_full_disk_is_no_failure_of_the_trial(trial_runs: TrialRuns, command: Command) -> None:
    command.fault = DiskFullError("no room")
    with pytest.raises(DiskFullError):
        trial_runs.outcome(TRIAL, 0)
    command.fault = None
    assert trial_runs.outcome(TRIAL, 0).failure == ""


def test_what_keeps_the_first_trial_from_beginning_ends_the_sweep(
    trial_runs: TrialRuns, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Path:
        raise InputError("there is no data")

    with monkeypatch.context() as patch:
        patch.setattr(command, "claim", refuse)
        with pytest.raises(InputError, match="no data"):
            trial_runs.outcome(TRIAL, 0)
    trial_runs.outcome(TRIAL, 0)
    monkeypatch.setattr(command, "claim", refuse)
    assert trial_runs.outcome(TRIAL, 1) == Outcome(TRIAL, 1, None, "there is no data")


def finish(command: Command) -> None:
    """Let the run finish."""


def fail(command: Command) -> None:
    command.fault = InputError("the loss is nan")


def stop(command: Command) -> None:
    command.stopped = True


@pytest.mark.parametrize("end", [finish, fail, stop])
def test_an_edited_study_is_refused(
    end: Callable[[Command], None], trial_runs: TrialRuns, command: Command
) -> None:
    end(command)
    try:
        trial_runs.outcome(TRIAL, 0)
    except StoppedError:
        assert command.stopped
    edited = TrialRuns(make_study(flags={"trainer.max_epochs": 9}), command)
    with pytest.raises(InputError) as error:
        edited.find(TRIAL, 0)
    assert str(error.value) == (
        f"{command.logs / 'mine.width=2' / 'version_0'} was trained with trainer.max_epochs: 7, "
        "the study asks for 9: give the changed study a name of its own, or delete its old runs"
    )
    assert edited.find(TRIAL, 1) is None


def test_the_base_is_run_once_and_stands_for_its_values(trial_runs: TrialRuns) -> None:
    assert plan(trial_runs) == [
        Trial("base", {}, {"model.width": "1"}),
        Trial("width=2", {"model.width": 2}, {"model.width": "2"}),
    ]


def test_a_base_apart_from_the_values_is_named_by_its_own(command: Command) -> None:
    content = {"model.width": {"2": 2}, "trainer.max_epochs": {"many": 9}}
    base = plan(TrialRuns(make_study(content=content), command))[0]
    assert base.labels == {"model.width": "1", "trainer.max_epochs": "5"}


def test_a_variant_that_changes_nothing_is_refused(command: Command) -> None:
    study = make_study(kind="variants", content={"as ever": {"model.width": 1}})
    text = r"mine\.as_ever is as the baseline is: \{'model.width': 1\} changes nothing"
    with pytest.raises(InputError, match=text):
        plan(TrialRuns(study, command))


@pytest.mark.parametrize(("key", "value"), [("val_fraction", 0), ("validate_on", "test")])
def test_a_study_that_is_not_judged_on_validation_is_refused(
    key: str, value: object, command: Command
) -> None:
    study = make_study(flags={f"data.{key}": value})
    text = rf"^mine\.base has data\.{key} {value}, but a study is judged on the validation split"
    with pytest.raises(InputError, match=text):
        plan(TrialRuns(study, command))
