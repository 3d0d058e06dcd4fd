"""With how many trainings a recipe was tuned."""

from pathlib import Path

import pytest
import yaml
from commands import Fit

from imgcls import main
from imgcls.runs.run import Run
from imgcls.runs.tuning import tuning_line


def test_a_config_says_it_and_the_result_has_it(fit: Fit, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    shipped = yaml.safe_load((Path(__file__).parents[1] / "configs/digits_cnn.yaml").read_text())
    effort = {"trainings": 12, "petaflops": 0.25}
    config.write_text(yaml.safe_dump({"tuned_with": effort, **shipped}))
    run = fit(config=str(config))
    assert Run(run).result["tuned_with"] == Run(run).config["tuned_with"] == effort
    again = fit("--tuned_with", "{trainings: 3, petaflops: null}", config=str(config))
    assert Run(again).result["tuned_with"] == {"trainings": 3, "petaflops": None}
    main(["compare", str(run), str(again)])  # it is no part of the recipe


@pytest.mark.parametrize("wrong", ["{trainings: -1}", "{trainings: 1.5}", "{petaflops: 2}", "many"])
def test_it_is_a_count(wrong: str, fit: Fit, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        fit("--tuned_with", wrong)
    assert stopped.value.code == 2
    assert not (tmp_path / "lightning_logs").exists()


def test_a_study_counts_its_trainings(tmp_path: Path) -> None:
    runs: list[Run | None] = [None]
    for number in range(2):
        folder = tmp_path / f"version_{number}"
        folder.mkdir()
        runs.append(Run(folder))
        Run(folder).write_result({"train_petaflops": 0.0123})
    assert tuning_line(runs) == "tuned_with: {trainings: 3, petaflops: 0.0246}"
