"""``imgcls report``: a page that tells what a run did; it needs neither a network nor torch."""

from imgcls.report.verb import run

__all__ = ["run"]
