"""``imgcls sweep``: a study read, its trials run one after another, their findings reported."""

import argparse

from imgcls import shipped_configs
from imgcls.sweep.plan import run_trials
from imgcls.sweep.report import write_report
from imgcls.sweep.study_file import read_study
from imgcls.sweep.trial_runs import Command, StoppedError, TrialRuns


def run(arguments: list[str], command: Command) -> None:
    """Run the trials of a study that were not run before; without a study, list those that ship.

    Args:
        arguments: What follows ``imgcls sweep``.
        command: What trains: it takes the arguments of ``imgcls`` and returns its `ImgclsCLI`.

    Raises:
        InputError: A mistake in the study or its configs, or a full disk.
    """
    parser = argparse.ArgumentParser(prog="imgcls sweep", description="Run the trials of a study.")
    parser.add_argument("study", nargs="?", metavar="STUDY", help="a YAML, or a shipped name")
    name = parser.parse_args(arguments).study
    if name is None:
        shipped_configs.list_shipped(shipped_configs.STUDIES)
        return
    study = read_study(shipped_configs.find_config(name, shipped_configs.STUDIES))
    trial_runs = TrialRuns(study, command)
    try:
        outcomes = run_trials(trial_runs)
    except (StoppedError, KeyboardInterrupt):
        print(f"stopped; resume with: imgcls sweep {name}")
        return
    write_report(study, outcomes, trial_runs.logs)
