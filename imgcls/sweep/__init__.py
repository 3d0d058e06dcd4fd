"""``imgcls sweep``: many runs of one study, judged on the validation split."""

from imgcls.sweep.verb import run

__all__ = ["run"]
