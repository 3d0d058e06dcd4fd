"""Every study that ships: each of its trials is one that the command accepts."""

import pytest

from imgcls.cli import main as command
from imgcls.shipped_configs import STUDIES, shipped
from imgcls.sweep.plan import plan
from imgcls.sweep.search import ends_of
from imgcls.sweep.study_file import read_study
from imgcls.sweep.trial_runs import TrialRuns


def answer(arguments: list[str]) -> None:
    """Parse, and train nothing."""
    assert arguments[-1] == "--print_config"
    command.main(arguments)


@pytest.mark.parametrize("name", shipped(STUDIES))
def test_a_shipped_study_is_accepted(name: str) -> None:
    trial_runs = TrialRuns(read_study(shipped(STUDIES)[name]), answer)
    if trial_runs.study.kind == "search":
        trials = ends_of(trial_runs.study)
        assert all(trial_runs.config(trial) for trial in trials)
    else:
        trials = plan(trial_runs)
    assert len(trials) > 1


@pytest.mark.parametrize("name", shipped(STUDIES))
def test_a_shipped_study_says_what_it_is_and_how_it_is_run(name: str) -> None:
    first = shipped(STUDIES)[name].read_text().partition("\n")[0]
    assert first.startswith("# ")
    assert first.endswith(f"imgcls sweep {name}")


def test_studies_are_no_configs() -> None:
    assert not shipped(STUDIES).keys() & shipped().keys()
