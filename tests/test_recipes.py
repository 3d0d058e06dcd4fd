from typing import Any

import pytest
from test_contracts import CHANGES_TRAINING

import imgcls.callbacks
from imgcls.runs.recipe import OBSERVERS, first_difference, flatten, recipe, shared_recipe

CONFIG: dict[str, Any] = {
    "seed_everything": 1,
    "trainer": {"max_epochs": 3, "accelerator": "auto", "max_time": None, "callbacks": None},
    "model": {"class_path": "LeNet5", "init_args": {"width": 6}},
    "data": {"class_path": "MNIST", "init_args": {"root": "/one", "batch_size": 64}},
    "machine": {"threads": None},
    "started_from": None,
}


def changed(part: str, value: Any) -> dict[str, Any]:
    """Return a config with a section laid over that of `CONFIG`, or another value."""
    old = CONFIG[part]
    return {**CONFIG, part: {**old, **value} if isinstance(old, dict) else value}


@pytest.mark.parametrize(
    ("part", "value", "in_recipe", "in_shared"),
    [
        ("seed_everything", 2, True, False),
        ("trainer", {"accelerator": "gpu", "max_time": "00:01:00:00"}, False, False),
        ("trainer", {"max_epochs": 4}, True, True),
        ("trainer", {"callbacks": [{"class_path": "FreezeBackbone"}]}, True, True),
        ("trainer", {"callbacks": {"class_path": "imgcls.callbacks.ScoreFigures"}}, False, False),
        ("trainer", {"callbacks": [{"class_path": "mine.ScoreFigures"}]}, True, True),
        ("model", {"init_args": {"width": 8}}, True, True),
        ("data", {"init_args": {"root": "/two", "batch_size": 64}}, False, False),
        ("data", {"init_args": {"root": "/one", "batch_size": 8}}, True, True),
        ("machine", {"threads": 1}, False, False),
        ("started_from", "cnn/version_0/checkpoints/best.ckpt", False, True),
    ],
)
def test_what_is_learned_is_told_from_where_it_is_computed(
    part: str, value: Any, in_recipe: bool, in_shared: bool
) -> None:
    other = changed(part, value)
    assert (recipe(CONFIG) != recipe(other)) == in_recipe
    assert (shared_recipe(CONFIG) != shared_recipe(other)) == in_shared


@pytest.mark.parametrize(
    "setting",
    [
        "precision", "max_epochs", "min_epochs", "max_steps", "min_steps", "limit_train_batches",
        "limit_val_batches", "overfit_batches", "val_check_interval", "check_val_every_n_epoch",
        "accumulate_grad_batches", "gradient_clip_val", "gradient_clip_algorithm", "deterministic",
        "use_distributed_sampler", "plugins", "sync_batchnorm", "strategy", "num_nodes",
        "reload_dataloaders_every_n_epochs",
    ],
)  # fmt: skip
def test_a_setting_of_the_trainer_that_decides_weights_is_compared(setting: str) -> None:
    one, other = (recipe(changed("trainer", {setting: value})) for value in (1, 2))
    assert first_difference(one, other) == (f"trainer.{setting}", 1, 2)


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        ("model", "optimizer schedule loss penalties initialisation backbone_rate bias_rate"),
        ("data", "batch_size val_fraction split_seed augment mix classes one_hot validate_on"),
    ],
)
def test_every_setting_of_model_and_data_is_compared(part: str, settings: str) -> None:
    for setting in settings.split():
        one, other = (recipe(changed(part, {"init_args": {setting: value}})) for value in (1, 2))
        assert first_difference(one, other) == (f"{part}.init_args.{setting}", 1, 2)


def test_what_only_draws_is_left_out_beside_what_counts() -> None:
    freeze = {"class_path": "imgcls.callbacks.FreezeBackbone", "init_args": {"epochs": 1}}
    draw = {"class_path": "imgcls.callbacks.FeatureTSNE", "init_args": {"samples": 9}}
    alone, beside = (
        shared_recipe(changed("trainer", {"callbacks": given}))
        for given in (freeze, [draw, freeze])
    )
    assert alone == beside
    assert set(OBSERVERS) <= set(imgcls.callbacks.__all__) - CHANGES_TRAINING


def test_lightnings_average_is_ours_where_it_is_used_plainly() -> None:
    theirs = "lightning.pytorch.callbacks.EMAWeightAveraging"
    options = {"decay": 0.98, "device": None, "use_buffers": True, "multi_avg_fn": None}
    plain, seldom, ours = (
        recipe(changed("trainer", {"callbacks": [callback(name, init_args=given)]}))
        for name, given in (
            (theirs, options),
            (theirs, {**options, "update_every_n_steps": 5}),
            ("imgcls.callbacks.WeightEMA", {"decay": 0.98}),
        )
    )
    assert plain == ours
    assert seldom != ours


SCHEDULER, EMA = "GradientAccumulationScheduler", "EMAWeightAveraging"


def callback(class_path: str, **others: Any) -> dict[str, Any]:
    return {"class_path": class_path, **others}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, callback("MixedPrecision"), ("trainer.callbacks", None, ["MixedPrecision"])),
        (
            [callback(SCHEDULER, init_args={"scheduling": {0: 2}})],
            [callback(SCHEDULER, init_args={"scheduling": {0: 2, 4: 1}})],
            (f"trainer.callbacks[0].{SCHEDULER}.scheduling", {0: 2}, {0: 2, 4: 1}),
        ),
        (
            [callback("FeatureTSNE"), callback(EMA, dict_kwargs={"avg_fn": "a"})],
            callback(EMA),
            (f"trainer.callbacks[0].{EMA}.dict_kwargs", {"avg_fn": "a"}, None),
        ),
        # an option of a later version, and an overlay that names what the config has already
        (callback(EMA, init_args={"a": 1}), callback(EMA, init_args={"a": 1, "b": 2}), None),
        (callback(EMA), [callback(EMA), callback(EMA)], None),
    ],
)
def test_callbacks_are_compared_by_name_and_by_option(before: Any, now: Any, expected: Any) -> None:
    one, other = (recipe(changed("trainer", {"callbacks": given})) for given in (before, now))
    assert first_difference(one, other) == expected


def test_fine_tuned_runs_may_start_from_different_runs_of_one_experiment() -> None:
    configs = [
        changed("started_from", f"{run}/checkpoints/best.ckpt")
        for run in ("cnn/version_0", "cnn/version_12", "wide/version_0")
    ]
    one, other, wide = map(shared_recipe, configs)
    assert one == other
    assert one != wide


def test_the_first_difference_has_both_values() -> None:
    assert first_difference({"a": 1, "b": 2}, {"b": 2, "a": 1}) is None
    assert first_difference({"a": 1, "b": 2}, {"a": 1, "b": 3}) == ("b", 2, 3)


def test_what_one_side_never_heard_of_is_no_difference_but_null_is() -> None:
    assert first_difference({"a.b": 1}, {"a.b": 1, "a.c": 4}) is None
    assert first_difference({"a": None}, {"a.b": 1, "a.c": 4}) == ("a.b", None, 1)
    assert first_difference({"a.b": 1}, {"a": None}) == ("a.b", 1, None)


def test_a_value_that_is_not_null_stands_for_no_parts() -> None:
    assert first_difference({"a": 3, "a.b": 1}, {"a": 3}) is None
    assert first_difference({"a.b": 1}, {"a": 3}) == ("a", None, 3)


def test_flatten_joins_keys_with_dots_and_keeps_lists() -> None:
    nested = {"a": {"b": 1, "c": {"d": [1, {"e": 2}]}}, "f": None, "g": {}}
    assert flatten(nested) == {"a.b": 1, "a.c.d": [1, {"e": 2}], "f": None}
