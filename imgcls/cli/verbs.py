"""The verbs of the command, and which one a word from elsewhere means. It needs no torch."""

from imgcls.cli.options import VERBS
from imgcls.errors import did_you_mean

TEXT_VERBS = ("configs", "data", "compare", "report", "sweep", "completion")
ELSEWHERE = {  # what other programs call a verb
    "train": "fit", "training": "fit", "resume": "fit", "finetune": "fit", "tune": "fit",
    "eval": "test", "evaluate": "test", "evaluation": "test", "score": "test",
    "val": "validate", "infer": "predict", "inference": "predict", "classify": "predict",
    "list": "configs", "config": "configs", "dataset": "data", "search": "sweep",
}  # fmt: skip


def wrong_verb(verb: str) -> str:
    """Return what to print about a word that is no verb."""
    if verb.startswith("-"):
        return f"{verb} comes before the verb: write 'imgcls fit {verb} ...' (or test, ...)"
    if meant := ELSEWHERE.get(verb.lower()):
        return f"there is no verb {verb!r}: did you mean 'imgcls {meant}'?"
    return f"there is no verb {verb!r}{did_you_mean(verb, (*VERBS, *TEXT_VERBS))}"
