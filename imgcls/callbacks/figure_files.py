"""Saves the figures of a run in its folder and in TensorBoard."""

from pathlib import Path

from lightning import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure

from imgcls.runs.checkpoints import read_checkpoint
from imgcls.runs.run import Run


def is_recorded(trainer: Trainer) -> bool:
    """Return whether the run has a folder for figures."""
    return any(isinstance(logger, TensorBoardLogger) for logger in trainer.loggers)


def tested_epoch(trainer: Trainer) -> int:
    """Return the epoch, counted from 1, of the tested weights."""
    epoch: int = read_checkpoint(Path(str(trainer.ckpt_path)))["epoch"]
    return epoch + 1


def figures_folder(trainer: Trainer) -> Path:
    """Return the run's folder of figures."""
    folder = Run(str(trainer.log_dir)).figures
    folder.mkdir(exist_ok=True)
    return folder


def save_figure(trainer: Trainer, figure: Figure, path: Path, tag: str, epoch: int) -> None:
    """Save a figure as PNG and add it to TensorBoard.

    Args:
        trainer: Has the loggers.
        figure: The figure.
        path: Path of the file.
        tag: Name of the figure in TensorBoard, where it has one version per epoch.
        epoch: Epoch of the weights, counted from 1.
    """
    figure.savefig(path, dpi=150)
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_figure(tag, figure, epoch, close=False)
