"""Where the pictures of a run go: its folder, and TensorBoard."""

from pathlib import Path

from lightning import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure

from imgcls.runs.checkpoints import read_checkpoint
from imgcls.runs.run import Run


def is_recorded(trainer: Trainer) -> bool:
    """Return whether there is a run's folder to draw into."""
    return any(isinstance(logger, TensorBoardLogger) for logger in trainer.loggers)


def tested_epoch(trainer: Trainer) -> int:
    """Return the epoch, counted from 1, that the tested weights are of."""
    epoch: int = read_checkpoint(Path(str(trainer.ckpt_path)))["epoch"]
    return epoch + 1


def pictures_folder(trainer: Trainer) -> Path:
    """Return the run's folder of pictures."""
    folder = Run(str(trainer.log_dir)).figures
    folder.mkdir(exist_ok=True)
    return folder


def keep(trainer: Trainer, figure: Figure, path: Path, tag: str, epoch: int) -> None:
    """Write a figure as PNG and add it to TensorBoard.

    Args:
        trainer: Has the loggers.
        figure: What is kept.
        path: Of the file.
        tag: Name of a row of figures in TensorBoard, one an epoch.
        epoch: Counted from 1.
    """
    figure.savefig(path, dpi=150)
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_figure(tag, figure, epoch, close=False)
