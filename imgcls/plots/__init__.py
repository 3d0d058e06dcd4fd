"""Pure functions from numbers to matplotlib Figures, each usable alone in a notebook.

A chart of one panel can be drawn on given ``axes``; it then returns the Figure of these axes.
The environment variable ``IMGCLS_AUTHOR`` writes its value and the time at the foot of each figure.
"""

from imgcls.plots.before_and_after import before_and_after
from imgcls.plots.class_accuracy import class_accuracy
from imgcls.plots.class_examples import class_examples
from imgcls.plots.confused_pairs import confused_pairs
from imgcls.plots.confusion_matrix import confusion_counts, confusion_matrix
from imgcls.plots.curves import curves
from imgcls.plots.differences import differences
from imgcls.plots.figures import stamp
from imgcls.plots.filter_grid import filter_grid
from imgcls.plots.highest_losses import highest_losses
from imgcls.plots.influence import influence
from imgcls.plots.map_grid import map_grid
from imgcls.plots.overlay import overlay
from imgcls.plots.predictions import predictions
from imgcls.plots.reliability import reliability
from imgcls.plots.scatter import scatter
from imgcls.plots.schedule import schedule
from imgcls.plots.search_path import search_path
from imgcls.plots.sheet_figure import sheet_figure
from imgcls.plots.shift_curves import shift_curves
from imgcls.plots.time_shares import time_shares

__all__ = [
    "before_and_after",
    "class_accuracy",
    "class_examples",
    "confused_pairs",
    "confusion_counts",
    "confusion_matrix",
    "curves",
    "differences",
    "filter_grid",
    "highest_losses",
    "influence",
    "map_grid",
    "overlay",
    "predictions",
    "reliability",
    "scatter",
    "schedule",
    "search_path",
    "sheet_figure",
    "shift_curves",
    "stamp",
    "time_shares",
]
