"""Pure functions from numbers to matplotlib Figures, each usable alone in a notebook."""

from imgcls.plots.curves import curves
from imgcls.plots.differences import differences
from imgcls.plots.influence import influence
from imgcls.plots.search_path import search_path

__all__ = ["curves", "differences", "influence", "search_path"]
