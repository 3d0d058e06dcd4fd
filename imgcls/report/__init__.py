"""``imgcls report``: a page that tells what a run did, in one file that needs no network."""

from imgcls.report.verb import run

__all__ = ["run"]
