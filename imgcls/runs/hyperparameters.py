"""What a run chose, by short names. It needs no torch."""

from typing import Any

Plain = str | bool | int | float


def hyperparameters(config: dict[str, Any]) -> dict[str, Plain]:
    """Return what a run chose, by short names: classes without their modules, nothing unset."""
    chosen: dict[str, Plain] = {
        "seed": config["seed_everything"],
        "epochs": config["trainer"]["max_epochs"] or "",
        "started_from": config.get("started_from") or "",
    }
    for part in ("data", "model"):
        arguments = {k: v for k, v in config[part]["init_args"].items() if k != "root"}
        chosen[part] = _short(config[part])
        for name, value in arguments.items():
            chosen[name] = _short(value)
            if isinstance(value, dict):
                inner = value.get("init_args", {}).items()
                chosen |= {f"{name}.{key}": _short(argument) for key, argument in inner}
    return {name: value for name, value in chosen.items() if value != "" and value is not False}


def _short(value: Any) -> Plain:
    if isinstance(value, dict):
        return str(value.get("class_path", "")).rpartition(".")[2]
    if isinstance(value, list):
        return ", ".join(str(_short(item)) for item in value)
    return value if isinstance(value, Plain) else ""
