from pathlib import Path
from typing import Any

import pytest

from imgcls.errors import InputError
from imgcls.shipped_configs import shipped
from imgcls.sweep.study import Study, label, label_in
from imgcls.sweep.study_file import read_study

BASE = "config: digits_cnn\n"
EACH = "each: {model.optimizer.lr: [0.1]}\n"
MISTAKES = {
    "- digits_cnn": "a study is a YAML of key: value lines, such as 'config: digits_cnn'",
    "a: {": " is no valid YAML: ",
    f"{BASE}variant: {{}}": "variant is no key of a study: did you mean variants",
    f"{BASE}colour: red": "colour is no key of a study; there are config, ckpt_path, flags, seeds",
    BASE: "give one of each, grid, variants, search; here are none",
    f"{EACH}grid: {{}}": "give one of each, grid, variants, search; here are each and grid",
    EACH: "config is None: give the name of a config, or a list of names",
    f"{EACH}config: 3": "config is 3: give the name of a config",
    f"{EACH}config: digits_cn": "--config digits_cn is neither a file here nor a shipped config",
    f"{BASE}{EACH}trials: 3": "trials is the number of trials of a search",
    f"{BASE}search: {{}}": "trials is the number of trials of a search",
    f"{BASE}search: {{}}\ntrials: many": "trials is 'many': give a number, at least 1",
    f"{BASE}search: {{}}\ntrials: 0": "trials is 0: give a number, at least 1",
    f"{BASE}{EACH}seeds: 3": "seeds is 3: give a list of whole numbers, such as [0, 1, 2]",
    f"{BASE}{EACH}seeds: [true]": "seeds is [True]: give a list of whole numbers",
    f"{BASE}{EACH}flags: [a]": "flags is ['a']: give a mapping of settings to values",
    f"{BASE}each: [0.1]": "each is [0.1]: give a mapping of what varies",
    f"{BASE}each: {{model.hidden: 3}}": "model.hidden is 3: give a list of values, or labels with",
    f"{BASE}each: {{model.hidden: [[3]]}}": "model.hidden lists [3]: label such values, as in "
    "'model.hidden: {mine: ...}'",
    f"{BASE}each: {{modle.hidden: [3]}}": "modle.hidden is no setting of a run: did you mean model",
    f"{BASE}each: {{lr: [3]}}": "lr is no setting of a run; there are trainer, data, model, mach",
    f"{BASE}each: {{seed_everything: [3]}}": "seed_everything is no setting of a trial: give 'se",
    f"{BASE}{EACH}flags: {{trainer.default_root_dir: a}}": "its runs lie in lightning_logs here",
    f"{BASE}{EACH}ckpt_path: 3": "ckpt_path is 3: give the path of a run or of a checkpoint",
    f"{BASE}each: {{fine_tune: [true]}}": "fine_tune is no setting of a run: did you mean finetu",
    f"{BASE}variants: {{big: 3}}": "big is 3: give a mapping of settings to values",
    f"{BASE}trials: 3\nsearch: {{model.lr: {{low: 1}}}}": "model.lr is {'low': 1}: give low and "
    "high, or choices",
    f"{BASE}trials: 3\nsearch: {{model.lr: {{low: 1, high: 2, logs: true}}}}": "model.lr.logs is "
    "not known here: did you mean log",
    f"{BASE}trials: 3\nsearch: {{model.lr: {{low: 1, high: two}}}}": "model.lr.high is 'two': it "
    "should be a number",
    f"{BASE}trials: 3\nsearch: {{model.lr: {{low: 1, high: 2, log: 3}}}}": "model.lr.log is 3: "
    "it should be true or false",
}


def read(text: str, folder: Path) -> Study:
    path = folder / "mine.yaml"
    path.write_text(text)
    return read_study(path)


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_file(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read(text, tmp_path)
    told = str(error.value)
    assert told.startswith(f"{tmp_path / 'mine.yaml'}")
    assert MISTAKES[text] in told
    assert "\n" not in told


def test_what_a_study_leaves_out(tmp_path: Path) -> None:
    study = read(BASE + EACH, tmp_path)
    assert study == Study(
        name="mine",
        configs=[shipped()["digits_cnn"]],
        flags={},
        seeds=[0],
        kind="each",
        content={"model.optimizer.lr": {"0.1": 0.1}},
        trials=0,
    )


def test_values_are_labelled_and_keep_their_types(tmp_path: Path) -> None:
    text = """\
config: [digits_cnn, cpu]
seeds: [3, 1, 3]
flags: {trainer.max_epochs: 2}
grid:
  model.optimizer.lr: [1e-3, 0.5, 5.0e-4]
  data.augment: {none: null, 2: [{class_path: RandomFlip}]}
"""
    study = read(text, tmp_path)
    assert [config.stem for config in study.configs] == ["digits_cnn", "cpu"]
    assert study.seeds == [3, 1]
    assert study.content == {
        "model.optimizer.lr": {"0.001": 0.001, "0.5": 0.5, "0.0005": 0.0005},
        "data.augment": {"none": None, "2": [{"class_path": "RandomFlip"}]},
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "none"), (True, "true"), (64, "64"), (0.0005, "0.0005"), (1e-5, "1e-05"),
        (1 / 3, "0.3333333333333333"), (5.0, "5"), ("SGD", "SGD"),
    ],
)  # fmt: skip
def test_a_label_is_short_and_exact(value: Any, shown: str) -> None:
    assert label(value) == shown


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("model.optimizer.lr", "0.1"), ("model.init_args.optimizer.init_args.lr", "0.1"),
        ("model.optimizer", "base"), ("data.augment", "base"), ("data.mix", "none"),
        ("data.mix.alpha", "none"), ("trainer.max_epochs", "5"),
    ],
)  # fmt: skip
def test_a_value_is_found_in_a_config_as_a_flag_names_it(key: str, shown: str) -> None:
    optimizer = {"class_path": "SGD", "init_args": {"lr": 0.1}}
    config = {
        "trainer": {"max_epochs": 5},
        "data": {"init_args": {"augment": [], "mix": None}},
        "model": {"init_args": {"optimizer": optimizer}},
    }
    assert label_in(config, key) == shown
