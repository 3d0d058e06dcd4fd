"""What ``imgcls VERB --help`` prints, from the listing of the parser. It needs no torch."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from imgcls.cli.listing import listing
from imgcls.cli.options import CKPT_PATH, CONFIG, options_of

WIDTH, INDENT = 80, 24


class About(NamedTuple):
    """How a verb is called, and what it does."""

    usage: str
    text: str


ABOUT = {
    "fit": About("imgcls fit --config NAME [--KEY VALUE ...]", "Train, or resume a run."),
    "validate": About("imgcls validate --ckpt_path RUN", "Score the validation split again."),
    "test": About(
        "imgcls test --ckpt_path RUN", "Score the test split, which counts as an evaluation."
    ),
    "predict": About(
        "imgcls predict --ckpt_path RUN --images PATH ...",
        "Classify images without labels; without --output the table is printed as CSV.",
    ),
}
# Settings outside of the sections that a user gives, by the verbs that heed them.
SETTINGS = {
    "seed_everything": (("fit",), "N", "seed of weights, order and augmentation; default 0"),
    "finetune": (("fit",), "true", "train anew from the backbone of --ckpt_path, under a new head"),
    "copy_shared_classes": (
        ("fit",), "true", "copy the head's rows of classes that both data sets have",
    ),
    "allow_changed_data": (
        ("fit", "validate", "test"), "true", "resume or score on images other than the run's",
    ),
    "allow_missing_classes": (
        ("fit", "validate", "test"), "true", "continue though a split has no image of some class",
    ),
}  # fmt: skip
WRITTEN = ("started_from", "format_version", "tuned_with")  # by the command or a study


def help_text(verb: str) -> str:
    """Return the options of a verb, the sections of a config, and how to see the rest."""
    usage, about = ABOUT[verb]
    return "\n".join(
        [
            f"usage: {usage}",
            "",
            about,
            "",
            "options:",
            *_options(verb),
            "",
            "sections of a config; a flag wins over it:",
            *_sections(),
            "",
            "more:",
            *_more(verb),
        ]
    )


def _options(verb: str) -> Iterator[str]:
    for option in (CONFIG, CKPT_PATH, *options_of(verb)):
        yield from entry(f"--{option.name} {option.shown}", [option.text])
    for name, (verbs, shown, text) in SETTINGS.items():
        if verb in verbs:
            yield from entry(f"--{name} {shown}", [text])
    yield from entry("--print_config", ["print the whole config and do nothing else"])


def _sections() -> Iterator[str]:
    there = listing()
    yield from entry("--trainer.KEY VALUE", there["trainer"], "Lightning's Trainer: ")
    yield from entry("--trainer.callbacks+ CLASS", there["callbacks"])
    yield from entry("--model CLASS", there["model"])
    shared = set.intersection(*map(set, there["model"].values()))
    keys = [key for key in there["model"]["ResNet18"] if key in shared]
    yield from entry("--model.KEY VALUE", keys, "of each: ")
    yield from entry("--model.optimizer.KEY", ["lr, weight_decay and others of its class"])
    yield from entry("--data CLASS", there["data"])
    shared = set.intersection(*map(set, there["data"].values()))
    keys = [key for key in there["data"]["Digits"] if key in shared]
    yield from entry("--data.KEY VALUE", keys, "of each: ")
    yield from entry("--machine.KEY VALUE", there["machine"])


def _more(verb: str) -> Iterator[str]:
    for asked, text in (
        ("--trainer.help", "all settings of Lightning's Trainer"),
        ("--machine.help", "all of the machine"),
        ("--model.help CLASS", "those of a model, such as ResNet18"),
        ("--data.help CLASS", "those of a data set, such as Digits"),
        ("--callback.help CLASS", "those of a callback, such as WeightEMA"),
        ("--help_all", "everything on one page"),
    ):
        yield f"  {f'imgcls {verb} {asked}':40}{text}"
    yield f"  {'imgcls configs':40}the configs that ship"


def entry(flag: str, words: Iterable[str], start: str = "") -> list[str]:
    """Return a flag and its text next to it, or below where there is no room."""
    lines = textwrap.wrap(
        start + ", ".join(words), WIDTH - INDENT, break_on_hyphens=False, break_long_words=False
    )
    flag = f"  {flag}".rstrip()
    first = [flag] if len(flag) >= INDENT else []
    margins = [" " * INDENT if first else f"{flag:{INDENT}}", *[" " * INDENT] * len(lines)]
    return first + [margin + line for margin, line in zip(margins, lines, strict=False)]
