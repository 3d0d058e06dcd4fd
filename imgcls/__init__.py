"""imgcls trains image classifiers from one YAML and shows what they learned.

What is named here is the public API; the rest may change. A name is imported when it is first
used, so that ``import imgcls`` costs nothing.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imgcls import callbacks as callbacks
    from imgcls import data as data
    from imgcls import losses as losses
    from imgcls import models as models
    from imgcls import optimizers as optimizers
    from imgcls import plots as plots
    from imgcls import schedules as schedules
    from imgcls import tables as tables
    from imgcls import transforms as transforms
    from imgcls.batch import Batch as Batch
    from imgcls.callbacks.activation_grid import first_activations as first_activations
    from imgcls.callbacks.mixed_precision import processor_has_bfloat16 as processor_has_bfloat16
    from imgcls.callbacks.named_images import find_images as find_images
    from imgcls.cli.hardware import threads_to_set as threads_to_set
    from imgcls.cli.main import main as main
    from imgcls.comparison.experiments import difference as difference
    from imgcls.comparison.experiments import group as group
    from imgcls.comparison.marked_page import fill_marks as fill_marks
    from imgcls.comparison.ranking import published as published
    from imgcls.comparison.table import comparison_table as comparison_table
    from imgcls.comparison.table import read_runs as read_runs
    from imgcls.data.images import Images as Images
    from imgcls.data.root import default_root as default_root
    from imgcls.data.sources.cache import cache_folder as cache_folder
    from imgcls.errors import InputError as InputError
    from imgcls.evaluation.embedding import embed as embed
    from imgcls.evaluation.embedding import neighbour_purity as neighbour_purity
    from imgcls.evaluation.embedding import stratified_sample as stratified_sample
    from imgcls.evaluation.layer_hooks import pooled as pooled
    from imgcls.evaluation.layer_hooks import record_layers as record_layers
    from imgcls.evaluation.layer_summary import layer_summary as layer_summary
    from imgcls.models.checked_bfloat16 import CheckedBfloat16 as CheckedBfloat16
    from imgcls.plots.confused_pairs import most_confused as most_confused
    from imgcls.plots.figures import new_figure as new_figure
    from imgcls.plots.tiles import Tile as Tile
    from imgcls.plots.tiles import as_pictures as as_pictures
    from imgcls.plots.tiles import as_rgb as as_rgb
    from imgcls.plots.tiles import in_pairs as in_pairs
    from imgcls.plots.tiles import tile_grid as tile_grid
    from imgcls.runs.environment import device_name as device_name
    from imgcls.runs.environment import processor_name as processor_name
    from imgcls.runs.find import finished_runs as finished_runs
    from imgcls.runs.find import load_run as load_run
    from imgcls.runs.run import Run as Run
    from imgcls.shipped_configs import find_config as find_config
    from imgcls.tables import Row as Row
    from imgcls.tables import markdown as markdown
    from imgcls.tables import printed as printed
    from imgcls.tables import read_markdown as read_markdown

__version__ = version("imgcls")
MODULES = (
    "callbacks", "data", "losses", "models", "optimizers", "plots", "schedules", "tables",
    "transforms",
)  # fmt: skip
HOMES = {  # of single names
    "batch": ("Batch",),
    "callbacks.activation_grid": ("first_activations",),
    "callbacks.mixed_precision": ("processor_has_bfloat16",),
    "callbacks.named_images": ("find_images",),
    "cli.hardware": ("threads_to_set",),
    "cli.main": ("main",),
    "comparison.experiments": ("difference", "group"),
    "comparison.marked_page": ("fill_marks",),
    "comparison.ranking": ("published",),
    "comparison.table": ("comparison_table", "read_runs"),
    "data.images": ("Images",),
    "data.root": ("default_root",),
    "data.sources.cache": ("cache_folder",),
    "errors": ("InputError",),
    "evaluation.embedding": ("embed", "neighbour_purity", "stratified_sample"),
    "evaluation.layer_hooks": ("pooled", "record_layers"),
    "evaluation.layer_summary": ("layer_summary",),
    "models.checked_bfloat16": ("CheckedBfloat16",),
    "plots.confused_pairs": ("most_confused",),
    "plots.figures": ("new_figure",),
    "plots.tiles": ("Tile", "as_pictures", "as_rgb", "in_pairs", "tile_grid"),
    "runs.environment": ("device_name", "processor_name"),
    "runs.find": ("finished_runs", "load_run"),
    "runs.run": ("Run",),
    "shipped_configs": ("find_config",),
    "tables": ("Row", "markdown", "printed", "read_markdown"),
}  # fmt: skip
_HOME = {name: module for module, names in HOMES.items() for name in names}
__all__ = [*MODULES, *_HOME]


def __getattr__(name: str) -> Any:
    """Import a public name the first time that it is used."""
    if name in MODULES:
        return import_module(f"imgcls.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'imgcls' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"imgcls.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
