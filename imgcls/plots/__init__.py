"""Pure functions from numbers to matplotlib Figures, each usable alone in a notebook."""

from imgcls.plots.curves import curves

__all__ = ["curves"]
