from pathlib import Path

import optuna
import pytest
from commands import same_weights

from imgcls import main
from imgcls.errors import InputError
from imgcls.runs.run import Run
from imgcls.sweep.search import distribution

STUDY = """\
config: digits_cnn
flags: {trainer.max_epochs: 2}
search:
  model.optimizer.lr: {low: 1e-3, high: 0.1, log: true}
  data.augment: {choices: {none: null, crop: [{class_path: RandomCrop}]}}
trials: 2
"""
LOGS = Path("lightning_logs")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def chosen() -> list[tuple[float, bool]]:
    """Return the rate of each run of a search, and whether its images were augmented."""
    configs = [Run(run).config for run in sorted(LOGS.glob("best.trial_*/version_0"))]
    return [
        (
            config["model"]["init_args"]["optimizer"]["init_args"]["lr"],
            config["data"]["init_args"]["augment"] is not None,
        )
        for config in configs
    ]


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["sweep", "best.yaml"])
    return capsys.readouterr().err


def test_a_search_goes_on_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    Path("callback.yaml").write_text(
        "trainer: {callbacks: [{class_path: odd_parts.Death, init_args: {sudden: false}}]}"
    )
    study = STUDY.replace("digits_cnn", "[digits_cnn, callback.yaml]")
    Path("best.yaml").write_text(study)
    main(["sweep", "best.yaml"])
    unbroken = chosen()
    assert len(unbroken) == len(set(unbroken)) == 2
    assert all(1e-3 <= rate <= 0.1 for rate, _ in unbroken)
    LOGS.rename("unbroken")
    Path("victim").write_text("best.trial_001")
    with pytest.raises(RuntimeError, match="death"):
        main(["sweep", "best.yaml"])
    assert len(chosen()) == 2
    first = LOGS / "best.trial_000/version_0/result.json"
    written = first.stat().st_mtime_ns
    main(["sweep", "best.yaml"])
    assert first.stat().st_mtime_ns == written
    assert chosen() == unbroken
    assert len(list(LOGS.glob("best.trial_*/version_*"))) == 2
    broken_off = "best.trial_001/version_0"
    assert same_weights(LOGS / broken_off, Path("unbroken") / broken_off)
    kept = optuna.load_study(
        study_name="best", storage=f"sqlite:///{LOGS.absolute()}/best/optuna.db"
    )
    for trial in kept.get_trials():
        result = Run(LOGS / f"best.trial_{trial.number:03d}/version_0").result
        assert trial.value == result["val"]["accuracy"]
    capsys.readouterr()
    main(["sweep", "best.yaml"])
    printed = capsys.readouterr().out
    assert printed.count("finished before: ") == 2
    assert f"best.trial_001: optimizer.lr {unbroken[1][0]:.3g}, augment " in printed
    assert (LOGS / "best" / "influence.png").stat().st_size > 5000
    Path("best.yaml").write_text(study.replace("high: 0.1", "high: 1.0"))
    text = "best was searched with model.optimizer.lr: {'low': 0.001, 'high': 0.1, 'log': True}, "
    assert text in refused(capsys)


def test_a_loss_that_is_no_number_is_a_bad_trial(capsys: pytest.CaptureFixture[str]) -> None:
    space = "{model.optimizer.lr: {low: 1e30, high: 1e31}}\ntrials: 1"
    Path("best.yaml").write_text(f"config: digits_cnn\nsearch: {space}\n")
    main(["sweep", "best.yaml"])
    assert capsys.readouterr().out.count("failed: the loss is nan at step 3 ") == 1
    main(["sweep", "best.yaml"])
    assert capsys.readouterr().out.count("failed before: ") == 1


def test_a_search_without_optuna_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("imgcls.sweep.plan.find_spec", lambda name: None)
    Path("best.yaml").write_text(STUDY)
    line = "imgcls: a search needs Optuna: pip install 'imgcls[sweep]'\n"
    assert refused(capsys) == line


def test_mistakes_in_choices_are_told_before_the_search(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("best.yaml").write_text(STUDY.replace("RandomCrop", "RandomCorp"))
    told = refused(capsys)
    assert "best.augment=crop: data.augment[0].class_path names RandomCorp" in told
    assert not LOGS.exists()


def test_distributions_are_whole_or_real() -> None:
    assert distribution("a", {"low": 1, "high": 8}) == optuna.distributions.IntDistribution(1, 8)
    real = optuna.distributions.FloatDistribution(1, 8, step=0.5)
    assert distribution("a", {"low": 1, "high": 8, "step": 0.5}) == real
    with pytest.raises(InputError, match=r"^model\.a: .*low.*high"):
        distribution("model.a", {"low": 8, "high": 1})
