"""Where a run's numbers go: one line an epoch on the screen, metrics.csv, and TensorBoard."""

import csv
import io
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only
from torch.utils.tensorboard.summary import hparams
from tqdm.auto import tqdm

from imgcls.files import write_whole
from imgcls.runs.hyperparameters import Plain
from imgcls.runs.run import Run


class RunLogger(Logger):
    """A logger that belongs to a run's folder and takes no hyper-parameters: config.yaml has them.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.run.experiment

    @property
    def version(self) -> str:
        """Name of the run."""
        return self.run.folder.name

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *_: Any, **__: Any) -> None:
        """Do nothing."""


class EpochLines(RunLogger):
    """One printed line per epoch, in a terminal, a notebook and a log file alike.

    Args:
        run: The run.
        epochs: Epochs of the whole run, or -1 when it has no such limit.
        split: What the validation curves show: ``val``, whose best epoch is marked, or ``test``.
    """

    def __init__(self, run: Run, epochs: int, split: str = "val") -> None:
        super().__init__(run)
        self.split = split
        self.epochs = epochs
        self._best = 0.0
        self._headed = False
        self._values: dict[str, float] = {}

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Print the epoch when its training means arrive, which come last."""
        self._values |= metrics
        if "train/loss" in metrics:
            if not self._headed:
                tqdm.write(self._head())
            tqdm.write(self._line(int(metrics["epoch"])))
            self._values, self._headed = {}, True

    def _line(self, epoch: int) -> str:
        values = self._values
        number = f"{epoch + 1}/{self.epochs}" if self.epochs > 0 else str(epoch + 1)
        line = f"{number:>9}{values['train/loss']:12.4f}{values['train/acc']:9.2%}"
        if "val/acc" in values:
            line += f"{values['val/loss']:12.4f}{values['val/acc']:9.2%}"
            line += " *" if self.split == "val" and values["val/acc"] > self._best else "  "
            self._best = max(self._best, values["val/acc"])
        else:
            line += " " * 23
        line += f"{values['lr']:10.2g}{values['seconds']:8,.0f} s"
        return line

    def _head(self) -> str:
        return (
            f"{'epoch':>9}{'train loss':>12}{'accuracy':>9}{f'{self.split} loss':>12}"
            f"{'accuracy':>9}{'lr':>12}{'time':>10}"
        )


class MetricsTable(RunLogger):
    """``metrics.csv`` with one row per epoch; a resumed run adds to the rows that are there.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.path = run.metrics_file
        self._rows: dict[int, dict[str, Any]] = {}
        if self.path.is_file():
            with self.path.open(newline="", encoding="utf-8") as file:
                self._rows = {int(row["epoch"]): dict(row) for row in csv.DictReader(file)}

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Merge what an epoch's training and validation say into its row."""
        if "epoch" not in metrics:
            return
        epoch = int(metrics["epoch"])
        values = {name: value for name, value in metrics.items() if name != "epoch"}
        self._rows.setdefault(epoch, {"epoch": epoch}).update(step=step, **values)

    @rank_zero_only
    def save(self) -> None:
        """Write the whole table, or leave the old one."""
        if not self._rows:
            return
        columns = list(dict.fromkeys(name for row in self._rows.values() for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows[epoch] for epoch in sorted(self._rows))
        write_whole(self.path, text.getvalue())

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write what the last epoch added."""
        self.save()


class Dashboard(TensorBoardLogger):
    """TensorBoard events in the run's folder, training and validation on one chart.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(
            run.logs, name=run.experiment, version=run.folder.name, default_hp_metric=False
        )

    @rank_zero_only
    def log_layout(self) -> None:
        """Describe the CUSTOM SCALARS tab."""
        self.experiment.add_custom_scalars(
            {
                "curves": {
                    "loss": ["Multiline", ["train/loss", "val/loss"]],
                    "accuracy": ["Multiline", ["train/acc", "val/acc"]],
                    "learning rate": ["Multiline", ["lr"]],
                }
            }
        )

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log all but the epoch number, which is no curve."""
        super().log_metrics({k: v for k, v in metrics.items() if k != "epoch"}, step)

    @rank_zero_only
    def log_result(self, chosen: dict[str, Plain], result: dict[str, Any]) -> None:
        """Log the scores of a run, for the HPARAMS tab.

        Args:
            chosen: The hyper-parameters; logged by training, which announces the test scores too,
                so that a later test gives none and only adds its values.
            result: What ``result.json`` holds.
        """
        names = {
            f"result/{split} {name}": result[split][name] if split in result else None
            for split in ("train", "val", "test")
            for name in ("accuracy", "loss")
        }
        for name, value in names.items():
            if value is not None:
                self.experiment.add_scalar(name, value, 0)
        if chosen:
            for part in hparams(chosen, dict.fromkeys(names, 0.0)):  # type: ignore[no-untyped-call]
                self.experiment.file_writer.add_summary(part)
        self.save()

    @rank_zero_only
    def save(self) -> None:
        """Flush; the run's ``config.yaml`` stands for Lightning's ``hparams.yaml``."""
        self.experiment.flush()
