"""What the user asks for, read before LightningCLI parses: verb, configs, checkpoint, experiment.

LightningCLI merges the hyper-parameters that a checkpoint remembers over YAML and flags, in every
verb, when it sees ``--ckpt_path``. So the path is taken out of the arguments here and handed over
after the parsing.
"""

import argparse
import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from imgcls import shipped_configs
from imgcls.cli.options import CKPT_PATH, CONFIG, OWN, VERBS, files_and_rest, options_of, peek
from imgcls.cli.predict_arguments import PredictRequest, predict_request
from imgcls.cli.verbs import wrong_verb
from imgcls.errors import InputError
from imgcls.runs.find import find_checkpoint, name_of, run_of
from imgcls.runs.fine_tuning_source import asks_to_finetune, find_source
from imgcls.runs.run import Run

PROFILED = [
    "--trainer.profiler", "imgcls.stage_profiler.StageProfiler", "--trainer.max_epochs", "1"
]  # fmt: skip


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
        predict: What to classify and where the predictions go, where that is the verb.
        source: File whose backbone a new run starts from, where it is fine-tuned.
        started_from: What the records of that run call the file.
        settings: What the verb itself puts between configs and flags.
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
    settings: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """What LightningCLI parses."""
        configs = [part for config in self.configs for part in ("--config", str(config))]
        return [self.verb, *configs, *self.settings, *self.flags]

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
    known, flags = _read(verb, arguments[1:])
    if any(asks_for_help(flag) for flag in flags):
        pages = ["--help" if flag == "--help_all" else flag for flag in flags]
        return Request(verb, [], pages, "", Path(), None, None, None)
    asked = peek(verb, flags)
    configs = [shipped_configs.find_config(name) for name in known.config]
    logs = Path(asked.logs or ".").expanduser().absolute() / "lightning_logs"
    experiment = _experiment(asked, configs)
    weights = _weights(verb, known.ckpt_path, asked.finetune, configs, logs, experiment)
    if weights.run and not configs:
        configs, experiment = [weights.run.config_file], weights.run.experiment
    if not configs and not any(flag.partition("=")[0] == "--model" for flag in flags):
        raise InputError(
            f"'imgcls {verb}' needs a config: add --config NAME; 'imgcls configs' lists the shipped"
        )
    profiled = verb == "fit" and asked.profile
    return Request(
        verb, configs, flags, experiment or "model", logs, weights.checkpoint, weights.run,
        predict_request(asked) if verb == "predict" else None, weights.source,
        weights.started_from, tuple(PROFILED) if profiled else (),
    )  # fmt: skip


def asks_for_help(flag: str) -> bool:
    """Return whether a flag prints a page of the parser's and needs no config."""
    name = flag.partition("=")[0]
    return name == "--help_all" or (name.startswith("--") and name.endswith(".help"))


def section_of(arguments: list[str]) -> tuple[str, str | None] | None:
    """Return the section and the class that are asked for, as by ``--model.help ResNet18``."""
    for position, argument in enumerate(arguments):
        if asked := re.fullmatch(
            r"--(trainer|machine|model|data|callback)s?\.help(?:=(.*))?", argument
        ):
            after = [each for each in arguments[position + 1 :][:1] if not each.startswith("-")]
            return asked[1], asked[2] or next(iter(after), None)
    return None


def _experiment(asked: argparse.Namespace, configs: list[Path]) -> str:
    """Return the name of the runs; a config that lies in a run's folder stands for its name."""
    name = asked.name or ""
    if Path(name).name != name:
        raise InputError(f"--name {name} is a path: give the plain name of an experiment")
    if not name and configs:
        run = Run(configs[0].absolute().parent)
        own = run.number >= 0 and run.config_file == configs[0].absolute()
        name = run.experiment if own else configs[0].stem
    return f"{name or 'model'}.profile" if getattr(asked, "profile", False) else name


class _Weights(NamedTuple):
    """Which weights a verb begins with; see `Request`."""

    checkpoint: Path | None = None
    run: Run | None = None
    source: Path | None = None
    started_from: str | None = None


def _weights(
    verb: str, given: str | None, finetune: str | None, configs: list[Path], logs: Path,
    experiment: str,
) -> _Weights:  # fmt: skip
    """Return what ``--ckpt_path`` means to the verb."""
    if verb == "fit" and asks_to_finetune(configs, finetune):
        source = find_source(given, logs, experiment)
        return _Weights(source=source, started_from=name_of(source, given or ""))
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
    """Return configs and checkpoint, and the flags that LightningCLI parses."""
    if verb not in VERBS:
        raise InputError(wrong_verb(verb))
    known, flags = files_and_rest(arguments)
    names = [option.name for option in (CONFIG, CKPT_PATH, *options_of(verb))]
    for flag in flags:
        name = flag.partition("=")[0].removeprefix("--")
        if not flag.startswith("--") or "." in name or name in names:
            continue
        for option in OWN:
            if option.name == name:
                verbs = " or ".join(option.verbs)
                raise InputError(f"--{name} is a flag of 'imgcls {verbs}', not of {verb}")
        if near := difflib.get_close_matches(name, names, n=1, cutoff=0.8):
            raise InputError(f"there is no flag --{name}: did you mean --{near[0]}?")
    if known.ckpt_path and verb == "fit" and "--profile" in flags:
        raise InputError(
            "--profile times the first epoch of a new run: give it to 'imgcls fit', without "
            "--ckpt_path"
        )
    return known, flags


def _check_ended(run: Run) -> None:
    """Keep the one evaluation on the test set for the weights that training ends with."""
    if not run.is_finished:
        raise InputError(
            f"{run} has not ended its training, and the test set is for one evaluation: resume "
            f"with 'imgcls fit --ckpt_path {run}', or give the checkpoint file that you mean"
        )
