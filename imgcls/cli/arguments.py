"""What the user asks for, read before LightningCLI parses: verb, configs, checkpoint, experiment.

LightningCLI merges the hyper-parameters that a checkpoint remembers over YAML and flags, in every
verb, when it sees ``--ckpt_path``. So the path is taken out of the arguments here and handed over
after the parsing.
"""

import argparse
import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from imgcls import shipped_configs
from imgcls.cli.predict_arguments import OPTIONS, PredictRequest, add_arguments, predict_request
from imgcls.errors import InputError, did_you_mean
from imgcls.runs.find import find_checkpoint, name_of, run_of
from imgcls.runs.fine_tuning_source import asks_to_finetune, find_source
from imgcls.runs.run import Run

PROFILED = [
    "--trainer.profiler", "imgcls.stage_profiler.StageProfiler", "--trainer.max_epochs", "1"
]  # fmt: skip
VERBS = ("fit", "validate", "test", "predict")
FLAGS = (
    "--config", "--ckpt_path", "--name", "--finetune", "--profile",
    *(f"--{name}" for name in OPTIONS),
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One call of the command.

    Attributes:
        verb: One of `VERBS`.
        configs: Config files; a later one wins key by key.
        flags: All other arguments, for LightningCLI; they win over the configs.
        experiment: Name of the folder of runs.
        logs: Folder of all experiments.
        checkpoint: File to resume from or to evaluate.
        run: Run that the checkpoint belongs to.
        predict: What to classify and where the answers go, where that is the verb.
        source: File whose backbone a new run starts from, where it is fine-tuned.
        started_from: What the records of that run call the file.
    """

    verb: str
    configs: list[Path]
    flags: list[str]
    experiment: str
    logs: Path
    checkpoint: Path | None
    run: Run | None
    predict: PredictRequest | None
    source: Path | None = None
    started_from: str | None = None

    @property
    def arguments(self) -> list[str]:
        """What LightningCLI parses."""
        configs = [part for config in self.configs for part in ("--config", str(config))]
        return [self.verb, *configs, *self.flags]

    @property
    def root_is_remembered(self) -> bool:
        """Whether the folder of the data is what a run's own config says."""
        roots = ("--data.root", "--data.init_args.root")
        given = any(flag.startswith(roots) for flag in self.flags)
        own = [self.run.config_file] if self.run else None
        return self.configs == own and not given


def read_request(arguments: list[str]) -> Request:
    """Return what the arguments ask for.

    Raises:
        InputError: No or an unknown verb, no config, or no such config or checkpoint.
    """
    verb = arguments[0]
    known, others = _read(verb, arguments[1:])
    if {"-h", "--help"} & set(others):
        return Request(verb, [], others, "", Path(), None, None, None)
    configs = [shipped_configs.find_config(name) for name in known.config]
    logs = Path(known.logs or ".").expanduser().absolute() / "lightning_logs"
    experiment = known.name or (configs[0].stem if configs else "")
    if known.profile:
        others, experiment = others + PROFILED, f"{experiment or 'model'}.profile"
    weights = _weights(verb, known, configs, logs, experiment)
    if weights.run and not configs:
        configs, experiment = [weights.run.config_file], weights.run.experiment
    if not configs and not any(flag.partition("=")[0] == "--model" for flag in others):
        raise InputError(
            f"'imgcls {verb}' needs a config: add --config NAME; 'imgcls configs' lists the shipped"
        )
    if known.logs:
        others += ["--trainer.default_root_dir", known.logs]
    return Request(
        verb, configs, others, experiment or "model", logs, weights.checkpoint, weights.run,
        predict_request(verb, known), weights.source, weights.started_from,
    )  # fmt: skip


class _Weights(NamedTuple):
    """Which weights a verb begins with; see `Request`."""

    checkpoint: Path | None = None
    run: Run | None = None
    source: Path | None = None
    started_from: str | None = None


def _weights(
    verb: str, known: argparse.Namespace, configs: list[Path], logs: Path, experiment: str
) -> _Weights:
    """Return what ``--ckpt_path`` means to the verb."""
    given = known.ckpt_path
    if verb == "fit" and asks_to_finetune(configs, known.finetune):
        source = find_source(given, logs, experiment)
        return _Weights(source=source, started_from=name_of(source, given))
    if given:
        checkpoint = find_checkpoint(given, logs, experiment, resume=verb == "fit")
        run = run_of(checkpoint)
        if verb == "test" and run and not Path(given).expanduser().is_file():
            _check_ended(run)
        return _Weights(checkpoint, run)
    if verb == "fit":
        return _Weights()
    raise InputError(
        f"'imgcls {verb}' needs weights, else it would score random ones: add --ckpt_path with "
        "a run folder, a checkpoint, or 'best' for the newest run of the config's experiment"
    )


def _read(verb: str, arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the flags that are read here, and all others."""
    if verb not in VERBS:
        raise InputError(_wrong_verb(verb))
    try:
        known, others = _front_parser().parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise InputError(f"{error}: see 'imgcls --help'") from error
    for flag in others:
        if near := difflib.get_close_matches(flag, FLAGS, n=1, cutoff=0.8):
            raise InputError(f"there is no flag {flag}: did you mean {near[0]}?")
    if known.name and Path(known.name).name != known.name:
        raise InputError(f"--name {known.name} is a path: give the plain name of an experiment")
    if known.profile and (verb != "fit" or known.ckpt_path):
        raise InputError(
            "--profile times the first epoch of a new run: give it to 'imgcls fit', without "
            "--ckpt_path"
        )
    return known, others


def _front_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("-c", "--config", action="append", default=[])
    parser.add_argument("--ckpt_path")
    parser.add_argument("--name")
    add_arguments(parser)
    parser.add_argument("--finetune", type=str.lower, choices=("true", "false"))
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--trainer.default_root_dir", dest="logs")
    return parser


def _check_ended(run: Run) -> None:
    """Keep the one look at the test set for the weights that training ends with."""
    if not run.is_finished:
        raise InputError(
            f"{run} has not ended its training, and the test set is looked at once: go on with "
            f"'imgcls fit --ckpt_path {run}', or give the checkpoint file that you mean"
        )


def _wrong_verb(verb: str) -> str:
    if verb.startswith("-"):
        return f"{verb} comes before the verb: write 'imgcls fit {verb} ...' (or test, ...)"
    verbs = (*VERBS, "configs", "data", "compare", "report", "sweep")
    return f"there is no verb {verb!r}{did_you_mean(verb, verbs)}"
