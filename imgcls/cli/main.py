"""Entry point: what needs no torch is done here, everything else by LightningCLI."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from imgcls.cli.arguments import read_request, section_of
from imgcls.cli.help import help_text
from imgcls.cli.options import VERBS
from imgcls.errors import InputError

if TYPE_CHECKING:
    from imgcls.cli.lightning_cli import ImgclsCLI

HELP = """\
imgcls trains image classifiers from one YAML and shows what they learned.

  imgcls fit --config NAME [--config OVERLAY ...] [--key value ...]   train, or resume
  imgcls fit --config NAME --profile                                 where an epoch's seconds go
  imgcls fit --config NAME --finetune true --ckpt_path RUN           train anew from RUN's backbone
  imgcls test --ckpt_path RUN                                        score the test split, once
  imgcls validate --ckpt_path RUN                                    score the validation split
  imgcls predict --ckpt_path RUN --images PATH ... [--output FILE]   classify images of yours;
      [--grid FILE] [--grad_cam FILE]                                draw them, with Grad-CAM
  imgcls compare RUN ... [--baseline NAME] [--write README.md]       a table of runs, by experiment
  imgcls report RUN ... [--pdf]                                      a page of what a run did
  imgcls sweep [STUDY]                                               run a study, or list them
  imgcls configs [NAME]                                              list the configs, print one
  imgcls data NAME [--root FOLDER]                                   check a data set
  imgcls data --prune                                                clean the cache of images
  imgcls completion bash|zsh                                         complete commands in a shell

A run goes to lightning_logs/EXPERIMENT/version_N, EXPERIMENT being --name or the first config.
NAME is a YAML of yours or the name of a shipped one; RUN is a run folder, a checkpoint file, or
'best' or 'last' of the newest run of the config's experiment. 'imgcls fit --help' lists the keys.
imgcls --version says which version this is."""


READER_GONE = 141  # what a shell says of a program that SIGPIPE ended


def shell() -> None:
    """Run the command for a shell, whose exit code is 0 unless something went wrong.

    File and class names are UTF-8, also where the locale says otherwise.
    """
    if sys.getfilesystemencoding() != "utf-8":
        program, *rest = sys.orig_argv
        os.execv(sys.executable, [program, "-X", "utf8", *rest])
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:  # such as ``| head``, which has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(READER_GONE)


def main(arguments: Sequence[object] | None = None) -> "ImgclsCLI | None":
    """Run the command, from a shell or from a notebook.

    Args:
        arguments: What follows ``imgcls``, numbers and paths too; default the shell's.

    Returns:
        The finished LightningCLI (its ``model``, ``trainer``, ``datamodule`` and ``run``) after a
        verb that trains or evaluates.

    Raises:
        SystemExit: With code 2 after a line that says what the user can fix.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return _run([str(each) for each in given])
    except InputError as error:
        print(f"imgcls: {error}", file=sys.stderr)
        sys.exit(2)


def _run(arguments: list[str]) -> "ImgclsCLI | None":
    match arguments:
        case [] | ["-h" | "--help" | "help"]:
            print(HELP)
        case ["--version"]:
            print(f"imgcls {version('imgcls')}")
        case ["configs", *names]:
            from imgcls.cli import configs

            configs.run(names)
        case ["compare", *rest]:
            from imgcls.cli import compare

            compare.run(rest)
        case ["report", *rest]:
            from imgcls.cli import report

            report.run(rest)
        case ["sweep", *rest]:
            from imgcls.cli import sweep

            sweep.run(rest, _run)
        case ["data", *rest]:
            from imgcls.cli import data

            sys.exit(data.run(rest))
        case ["completion", *rest]:
            from imgcls.cli import completion

            completion.run(rest)
        case [verb, *rest]:
            return _train_or_explain(verb, rest)
    return None


def _train_or_explain(verb: str, rest: list[str]) -> "ImgclsCLI | None":
    """Run a verb that trains, evaluates or predicts, or print one of its pages of help."""
    if verb in VERBS and {"-h", "--help"} & set(rest):
        print(help_text(verb))
        return None
    if verb in VERBS and (section := section_of(rest)):
        from imgcls.cli import section_help

        section_help.show(*section)
        return None
    request = read_request([verb, *rest])
    if sys.stderr.isatty():
        print("loading PyTorch ...", end="\r", file=sys.stderr, flush=True)
    from imgcls.cli.lightning_cli import run  # takes seconds to import

    return run(request)
