"""The runs of a trial: found, resumed or started. The run folders are the only state."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from imgcls.errors import DiskFullError, InputError
from imgcls.runs.find import find_checkpoint, name_of, runs_in
from imgcls.runs.recipe import first_difference, shared_recipe
from imgcls.runs.run import Run
from imgcls.sweep.study import Study
from imgcls.sweep.trial_arguments import experiment_of, fit_arguments, source_of
from imgcls.sweep.trials import Trial

NOTHING, STOPPED, FAILED, FINISHED = range(4)  # progress of a run
Command = Callable[[list[str]], Any]


class StoppedError(Exception):
    """A signal, or ``trainer.max_time``, ended a run before the study's end."""


class Outcome(NamedTuple):
    """The outcome of one run of a trial.

    Attributes:
        trial: The trial.
        seed: Its ``seed_everything``.
        run: The run, if it finished.
        failure: Otherwise the reason of the failure.
    """

    trial: Trial
    seed: int
    run: Run | None
    failure: str = ""


class TrialRuns:
    """Runs the trials of one study, each run at most once.

    Args:
        study: The study.
        command: Takes arguments as `imgcls.main` does, but raises `InputError`.
    """

    def __init__(self, study: Study, command: Command) -> None:
        self.study = study
        self.command = command
        self.logs = Path("lightning_logs").absolute()
        self._configs: dict[str, dict[str, Any]] = {}
        self._began = False  # whether any trial could be trained

    def experiment(self, trial: Trial) -> str:
        """Return the experiment name of a trial's runs, by which they are compared."""
        return experiment_of(self.study, trial)

    def config(self, trial: Trial) -> dict[str, Any]:
        """Return the resolved config of a trial, as ``--print_config`` prints it.

        Its ``started_from`` is that of the trial's future runs.

        Raises:
            InputError: The command does not accept its settings, it has no checkpoint to start
                from, or it has no validation split.
        """
        if trial.name not in self._configs:
            config = self._printed_config(trial)
            data = config["data"]["init_args"]
            for key, wrong in (("val_fraction", 0), ("validate_on", "test")):
                if data.get(key) == wrong:
                    raise InputError(
                        f"{self.experiment(trial)} has data.{key} {wrong}, but a study is judged "
                        "on the validation split and never evaluates the test set"
                    )
            self._configs[trial.name] = config
        return self._configs[trial.name]

    def find(self, trial: Trial, seed: int) -> Run | None:
        """Return the run of a trial that has ended or can be resumed, if any.

        Raises:
            InputError: It was trained with other settings than those of the study now.
        """
        folders = self._folders(trial)
        for run in sorted(folders, key=lambda run: (_progress(run), run.folder.name), reverse=True):
            trained = run.config if _progress(run) != NOTHING else {}
            if trained.get("seed_everything") != seed:
                continue
            now = self.config(trial)
            if change := first_difference(_settings(trained), _settings(now)):
                key, before, asked = change
                raise InputError(
                    f"{run} was trained with {key}: {before}, the study asks for {asked}: give the "
                    "changed study a name of its own, or delete its old runs"
                )
            self._began = True
            return run
        return None

    def outcome(self, trial: Trial, seed: int) -> Outcome:
        """Return the outcome of a run, after training it if it is not finished.

        Raises:
            InputError: A full disk, or a mistake that prevents all trials.
            StoppedError: The run was stopped, or a signal asked to stop in its last epoch.
        """
        run = self.find(trial, seed)
        if run and _progress(run) == FINISHED:
            print(f"finished before: {run}")
            return Outcome(trial, seed, run)
        if run and _progress(run) == FAILED:
            print(f"failed before: {run} (delete it to try again)")
            return Outcome(trial, seed, None, run.failure or "")
        arguments = (
            ["fit", "--ckpt_path", str(run)] if run else fit_arguments(self.study, trial, seed)
        )
        before = self._folders(trial)
        try:
            cli = self.command(arguments)
        except DiskFullError:
            raise
        except InputError as error:
            run = run or next(iter(self._folders(trial) - before), None)
            if not run and not self._began:
                raise
            return self._failed(trial, seed, run, str(error))
        self._began = True
        if cli.stopper.asked or cli.stopper.stopped:
            raise StoppedError
        return Outcome(trial, seed, cli.run)

    def _failed(self, trial: Trial, seed: int, run: Run | None, failure: str) -> Outcome:
        """Save a failure in the run's folder; a failure without a run recurs within seconds."""
        print(f"failed: {failure}")
        if run:
            run.write_failure(failure)
        return Outcome(trial, seed, None, failure)

    def _printed_config(self, trial: Trial) -> dict[str, Any]:
        source = source_of(self.study, trial)
        printed = io.StringIO()
        try:
            with redirect_stdout(printed), suppress(SystemExit):
                self.command([*fit_arguments(self.study, trial), "--print_config"])
        except InputError as error:
            text = str(error).removeprefix("command line: ")
            raise InputError(f"{self.experiment(trial)}: {text}") from error
        config: dict[str, Any] = yaml.safe_load(printed.getvalue())
        if source is not None:
            file = find_checkpoint(source, self.logs, self.experiment(trial), resume=False)
            config["started_from"] = name_of(file, source)
        return config

    def _folders(self, trial: Trial) -> set[Run]:
        return set(runs_in(self.logs / self.experiment(trial)))


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that a trial's runs share, including the checkpoint they start from."""
    return {**shared_recipe(config), "started_from": config.get("started_from")}


def _progress(run: Run) -> int:
    if run.is_finished:
        return FINISHED
    if run.failure is not None:
        return FAILED
    return STOPPED if (run.checkpoints / "last.ckpt").is_file() else NOTHING
