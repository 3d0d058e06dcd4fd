"""``imgcls completion``: a script that lets a shell complete commands. It needs no torch."""

import argparse
from argparse import ArgumentParser

from imgcls.cli import compare, report
from imgcls.cli.help import ABOUT
from imgcls.cli.listing import listing
from imgcls.cli.options import CKPT_PATH, CONFIG, VERBS, options_of
from imgcls.errors import InputError
from imgcls.shipped_configs import STUDIES, shipped

SHELLS = ("bash", "zsh")


def run(arguments: list[str]) -> None:
    """Print the script.

    Args:
        arguments: What follows ``imgcls completion``: the name of the shell.

    Raises:
        InputError: shtab is not installed, which writes it.
    """
    about = (
        "Print a script that completes imgcls commands. "
        "bash: imgcls completion bash > ~/.local/share/bash-completion/completions/imgcls; "
        "zsh: imgcls completion zsh > FOLDER/_imgcls, with FOLDER in $fpath."
    )
    parser = ArgumentParser(prog="imgcls completion", description=about)
    parser.add_argument("shell", choices=SHELLS)
    shell = parser.parse_args(arguments).shell
    try:
        import shtab
    except ModuleNotFoundError as error:
        raise InputError(
            "completion needs shtab, which is not installed: pip install 'imgcls[completion]'"
        ) from error
    print(shtab.complete(command_parser(), shell, preamble=_preamble()[shell]))


def command_parser() -> ArgumentParser:
    """Return a parser of all verbs that is good for completion alone."""
    parser = ArgumentParser(prog="imgcls")
    verbs = parser.add_subparsers()
    for verb in VERBS:
        _add_flags(verbs.add_parser(verb, help=ABOUT[verb].text), verb)
    for verb, known in (("compare", compare.parser()), ("report", report.parser())):
        verbs.add_parser(verb, parents=[known], add_help=False, help=known.description)
    named = verbs.add_parser("configs", help="list the configs that ship, or print one")
    named.add_argument("name", nargs="?", choices=list(shipped()))
    named = verbs.add_parser("sweep", help="run a study, or list those that ship")
    named.add_argument("study", nargs="?", choices=list(shipped(STUDIES)))
    data = verbs.add_parser("data", help="check a data set")
    data.add_argument("name", nargs="?", choices=list(listing()["data"]))
    _files(data.add_argument("--root"))
    data.add_argument("--prune", action="store_true")
    shell = verbs.add_parser("completion", help="print a script such as this one")
    shell.add_argument("shell", choices=SHELLS)
    return parser


def _add_flags(parser: ArgumentParser, verb: str) -> None:
    config = parser.add_argument("--config", help=CONFIG.text)
    config.complete = dict.fromkeys(SHELLS, "_imgcls_configs")  # type: ignore[attr-defined]
    _files(parser.add_argument("--ckpt_path", help=CKPT_PATH.text))
    for option in options_of(verb):
        action = parser.add_argument(f"--{option.name}", help=option.text, **option.parsed)
        if option.shown and option.file:
            _files(action)
    for name in ("print_config", "help_all", "trainer.help", "machine.help"):
        parser.add_argument(f"--{name}", action="store_true")
    _add_sections(parser)


def _add_sections(parser: ArgumentParser) -> None:
    there = listing()
    for section, classes in (("model", there["model"]), ("data", there["data"])):
        for flag in (section, f"{section}.help"):
            parser.add_argument(f"--{flag}", choices=list(classes))
        for key in dict.fromkeys(key for keys in classes.values() for key in keys):
            parser.add_argument(f"--{section}.{key}")
    for flag in ("callback.help", "trainer.callbacks", "trainer.callbacks+"):
        parser.add_argument(f"--{flag}", choices=list(there["callbacks"]))
    for section, keys in (("trainer", there["trainer"]), ("machine", there["machine"])):
        for key in keys:
            if key != "callbacks":
                parser.add_argument(f"--{section}.{key}")
    for name in there["settings"]:
        parser.add_argument(f"--{name}")


def _files(action: argparse.Action) -> None:
    import shtab

    action.complete = shtab.FILE  # type: ignore[attr-defined]


def _preamble() -> dict[str, str]:
    names = " ".join(shipped())
    return {
        "bash": f'_imgcls_configs() {{ compgen -W "{names}" -- "$1"; compgen -f -- "$1"; }}',
        "zsh": f"_imgcls_configs() {{ compadd {names}; _files }}",
    }
