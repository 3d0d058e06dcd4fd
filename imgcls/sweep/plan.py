"""The trials of a study and their order."""

from dataclasses import replace
from importlib.util import find_spec

from imgcls.errors import InputError
from imgcls.sweep.study import label_in
from imgcls.sweep.trial_arguments import source_of
from imgcls.sweep.trial_runs import Outcome, TrialRuns
from imgcls.sweep.trials import Trial, trials_of


def run_trials(trial_runs: TrialRuns) -> list[Outcome]:
    """Return the outcome of each trial, after all missing runs are trained.

    Raises:
        InputError: A mistake in the study, no Optuna for a search, or a full disk.
        StoppedError: A run was stopped.
    """
    return _searched(trial_runs) if trial_runs.study.kind == "search" else _planned(trial_runs)


def plan(trial_runs: TrialRuns) -> list[Trial]:
    """Return the trials to run, each with a different config that the command accepts.

    Raises:
        InputError: A mistake in a trial's settings, or a variant that changes nothing.
    """
    study = trial_runs.study
    trials = trials_of(study)
    configs = [trial_runs.config(trial) for trial in trials]
    _check_source(trial_runs, trials)
    if study.kind == "grid":
        return trials
    others = [trial for trial, config in zip(trials, configs, strict=True) if config != configs[0]]
    same = [trial for trial in trials[1:] if trial not in others]
    if study.kind == "variants" and same:
        raise InputError(
            f"{trial_runs.experiment(same[0])} is as the baseline is: {same[0].settings} changes "
            "nothing"
        )
    labels = {key: label_in(configs[0], key) for key in study.content}
    for trial in same:
        labels |= trial.labels
    return [replace(trials[0], labels=labels if study.kind == "each" else {}), *others]


def _check_source(trial_runs: TrialRuns, trials: list[Trial]) -> None:
    """Refuse a checkpoint from which no trial starts."""
    study = trial_runs.study
    if study.ckpt_path is not None and not any(source_of(study, trial) for trial in trials):
        raise InputError(
            f"{study.name} has the ckpt_path {study.ckpt_path}, but no trial fine-tunes: add "
            "'finetune: true' to its flags, or leave ckpt_path out"
        )


def _planned(trial_runs: TrialRuns) -> list[Outcome]:
    trials = plan(trial_runs)
    steps = [(trial, seed) for seed in trial_runs.study.seeds for trial in trials]
    for trial, seed in steps:
        trial_runs.find(trial, seed)  # a changed study is reported before any training
    outcomes = []
    for number, (trial, seed) in enumerate(steps, start=1):
        print(f"[{number}/{len(steps)}] {trial_runs.experiment(trial)}, seed {seed}", flush=True)
        outcomes.append(trial_runs.outcome(trial, seed))
    return outcomes


def _searched(trial_runs: TrialRuns) -> list[Outcome]:
    if find_spec("optuna") is None:
        raise InputError("a search needs Optuna: pip install 'imgcls[sweep]'")
    from imgcls.sweep import search

    ends = search.ends_of(trial_runs.study)
    for trial in ends:
        trial_runs.config(trial)
    _check_source(trial_runs, ends)
    return search.Search(trial_runs).run()
