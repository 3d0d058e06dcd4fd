"""A search by Optuna: the results of earlier trials determine the settings of the next.

Akiba et al., "Optuna: A next-generation hyperparameter optimization framework", 2019. The sampler
is the tree-structured Parzen estimator of Bergstra et al., "Algorithms for hyper-parameter
optimization", 2011. It is seeded for each trial by the number of ended trials, so that an
interrupted search continues like an uninterrupted one.
"""

import json
from statistics import mean
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from imgcls.errors import InputError
from imgcls.sweep.study import Study, label
from imgcls.sweep.trial_runs import Outcome, TrialRuns
from imgcls.sweep.trials import Trial, described, short

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)  # pruned: its loss was not finite
SPACE = "space"


class Search:
    """The search of a study, saved in ``optuna.db`` in the study's folder.

    Args:
        trial_runs: The runs of the trials.
    """

    def __init__(self, trial_runs: TrialRuns) -> None:
        self.trial_runs = trial_runs
        self.study = trial_runs.study
        self.distributions = {k: distribution(k, v) for k, v in self.study.content.items()}
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        folder = trial_runs.logs / self.study.name
        folder.mkdir(parents=True, exist_ok=True)
        self.optuna = optuna.create_study(
            study_name=self.study.name,
            storage=f"sqlite:///{folder / 'optuna.db'}",
            load_if_exists=True,
            direction="maximize",
        )
        self._refuse_another_space()

    def run(self) -> list[Outcome]:
        """Return the outcomes of all trials, after the missing ones are run.

        Raises:
            StoppedError: A run was stopped.
        """
        ended = self.optuna.get_trials(states=ENDED)
        outcomes = [outcome for trial in ended for outcome in self._outcomes(trial)]
        while (trial := self._next()) is not None:
            new = self._outcomes(trial)
            if any(outcome.failure for outcome in new):
                self.optuna.tell(trial.number, state=TrialState.PRUNED)
            else:
                results = [outcome.run.result for outcome in new if outcome.run]
                value = mean(result["val"]["accuracy"] for result in results)
                self.optuna.tell(trial.number, value)
            outcomes += new
        return outcomes

    def _next(self) -> FrozenTrial | None:
        """Return an interrupted trial, else a new one, else None after the last."""
        for trial in self.optuna.get_trials(states=[TrialState.RUNNING]):
            if trial.params.keys() == self.distributions.keys():
                return trial
            self.optuna.tell(trial.number, state=TrialState.FAIL)  # it has no settings yet
        ended = len(self.optuna.get_trials(states=ENDED))
        if ended >= self.study.trials:
            return None
        self.optuna.sampler = optuna.samplers.TPESampler(seed=ended)
        number = self.optuna.ask(self.distributions).number
        return self.optuna.get_trials()[number]

    def _outcomes(self, chosen: FrozenTrial) -> list[Outcome]:
        settings, labels = {}, {}
        for key, given in self.study.content.items():
            value = chosen.params[key]
            settings[key] = given["choices"][value] if "choices" in given else value
            labels[key] = f"{value:.3g}" if isinstance(value, float) else label(value)
        trial = Trial(f"trial_{chosen.number:03d}", settings, labels)
        print(f"[{chosen.number + 1}/{self.study.trials}] {described(trial)}", flush=True)
        return [self.trial_runs.outcome(trial, seed) for seed in self.study.seeds]

    def _refuse_another_space(self) -> None:
        now = json.loads(json.dumps(self.study.content))
        before = self.optuna.user_attrs.get(SPACE, now)
        for key in {**before, **now}:
            if before.get(key) != now.get(key):
                raise InputError(
                    f"{self.study.name} was searched with {key}: {before.get(key)}, now it is "
                    f"{now.get(key)}: give the changed study a name of its own, or delete its "
                    f"folder {self.trial_runs.logs / self.study.name} and its runs"
                )
        self.optuna.set_user_attr(SPACE, now)


def ends_of(study: Study) -> list[Trial]:
    """Return trials with one setting each, an end of its range or a choice, to check first."""
    return [
        Trial(f"{short(key)}={name}", {key: value})
        for key, given in study.content.items()
        for name, value in given.get("choices", given).items()
        if "choices" in given or name in ("low", "high")
    ]


def distribution(key: str, given: dict[str, Any]) -> BaseDistribution:
    """Return Optuna's distribution for a range, or for choices by their labels.

    Raises:
        InputError: Optuna does not accept the range.
    """
    if "choices" in given:
        return CategoricalDistribution(list(given["choices"]))
    whole = all(isinstance(given.get(name, 1), int) for name in ("low", "high", "step"))
    try:
        return IntDistribution(**given) if whole else FloatDistribution(**given)
    except ValueError as error:
        raise InputError(f"{key}: {' '.join(str(error).split())}") from error
