"""What decides the weights of a run, read from its config. It needs no torch."""

import re
from typing import Any

# Where a run computes and what it shows, never what it learns.
MACHINE_KEYS = (
    "accelerator", "benchmark", "default_root_dir", "detect_anomaly", "devices",
    "enable_model_summary", "enable_progress_bar", "log_every_n_steps", "logger", "max_time",
    "num_sanity_val_steps", "profiler",
)  # fmt: skip

# Callbacks that only observe and change nothing that is learned.
OBSERVERS = (
    "ActivationGrid", "FeatureProjector", "FeatureTSNE", "Robustness", "RunProgress",
    "ScoreFigures", "TestTimeAugmentation",
)  # fmt: skip

# Lightning's average of weights where it is that of ours, which replaced it.
LIGHTNINGS_EMA = "lightning.pytorch.callbacks.EMAWeightAveraging"
SAME_AVERAGE = {
    "device": None, "use_buffers": True, "update_every_n_steps": 1,
    "update_starting_at_step": None, "update_starting_at_epoch": None, "multi_avg_fn": None,
    "dict_kwargs": None,
}  # fmt: skip


def recipe(config: dict[str, Any]) -> dict[str, Any]:
    """Return what decides the weights of a run, as dotted keys."""
    others = (*MACHINE_KEYS, "callbacks")
    trainer = {key: v for key, v in config["trainer"].items() if key not in others}
    data = {**config["data"], "init_args": {**config["data"]["init_args"], "root": None}}
    parts = {"trainer": trainer, "data": data, "model": config["model"]}
    return {
        "seed_everything": config["seed_everything"],
        **flatten(parts),
        **_callbacks(config["trainer"].get("callbacks") or []),
    }


def _callbacks(given: Any) -> dict[str, Any]:
    """Return the callbacks that are not known as observers, and a key for each option of them.

    One that is named twice alike counts once: a config and the overlay ``gpu`` may both name it.
    """
    changing = []
    for callback in given if isinstance(given, list) else [given]:
        name = callback["class_path"].removeprefix("imgcls.callbacks.")
        options = {
            **(callback.get("init_args") or {}),
            "dict_kwargs": callback.get("dict_kwargs"),
        }
        if name == LIGHTNINGS_EMA and all(options.get(k, v) == v for k, v in SAME_AVERAGE.items()):
            name, options = "WeightEMA", {"decay": options.get("decay"), "dict_kwargs": None}
        if name not in OBSERVERS and (name, options) not in changing:
            changing.append((name, options))
    return {
        "trainer.callbacks": [name for name, _ in changing] or None,
        **{
            f"trainer.callbacks[{index}].{name}.{key}": value
            for index, (name, options) in enumerate(changing)
            for key, value in options.items()
        },
    }


def shared_recipe(config: dict[str, Any]) -> dict[str, Any]:
    """Return what the runs of one experiment have in common, as dotted keys: all but the seed.

    Runs that start from the weights of another experiment may each start from a run of their own.
    Whether one does is seen by ``started_from``: ``finetune`` is false as soon as it is done.
    """
    parts = (
        "seed_everything", "trainer", "data", "model", "machine", "finetune", "format_version",
        "allow_missing_classes", "tuned_with",
    )  # fmt: skip
    shared = {**recipe(config), **{key: v for key, v in config.items() if key not in parts}}
    del shared["seed_everything"]
    if source := config.get("started_from"):
        shared["started_from"] = re.sub(r"/version_\d+/", "/", source)
    return shared


def first_difference(one: dict[str, Any], other: dict[str, Any]) -> tuple[str, Any, Any] | None:
    """Return the first dotted key whose values differ, and both values.

    An option that one side has never heard of came with a later version, whose default does what
    was done before; it is no difference.
    """
    for key in {**one, **other}:
        known = _knows(one, key) and _knows(other, key)
        if known and one.get(key) != other.get(key):
            return key, one.get(key), other.get(key)
    return None


def _knows(flat: dict[str, Any], key: str) -> bool:
    """Return whether a key, or what stands for it, is there: null where others have parts."""
    parts = key.split(".")
    ahead = (".".join(parts[:count]) for count in range(1, len(parts)))
    null = any(flat.get(each, "absent") is None for each in ahead)
    return key in flat or null or any(each.startswith(f"{key}.") for each in flat)


def flatten(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a nested dict as one level of dotted keys; lists stay values."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
