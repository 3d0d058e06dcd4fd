"""How often test sets were evaluated: ``evaluations.jsonl`` of an experiment. It needs no torch."""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imgcls.errors import InputError
from imgcls.runs.find import runs_in

FILE = "evaluations.jsonl"


class Ledger:
    """The evaluations of test sets by the models of one experiment, one JSON object a line.

    Each has ``test_set`` (a hash of the images and their classes, None where it is not known),
    ``run``, and how many ``evaluations`` it stands for. An evaluation is written before it begins,
    so one that is broken off counts too.

    Args:
        logs: Folder of all experiments.
        experiment: Name of the one.
    """

    def __init__(self, logs: Path, experiment: str) -> None:
        self.experiment = experiment
        self.folder = logs / experiment
        self.file = self.folder / FILE

    def add(self, test_set: str, **settings: Any) -> int:
        """Write one evaluation, and return the number of it for this test set.

        Args:
            test_set: Hash of its images and classes.
            **settings: What else is known of it, in plain types.

        Raises:
            InputError: It cannot be written.
        """
        entries = [] if self.file.is_file() else list(self._older())
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entries.append({"test_set": test_set, "evaluations": 1, "time": now, **settings})
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as file:
                file.write("".join(json.dumps(entry) + "\n" for entry in entries))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(
                f"{self.file} cannot be written, so the evaluation would not be counted: {error}"
            ) from error
        return self.count(test_set)

    def count(self, test_set: str | None = None) -> int:
        """Return how often a test set was evaluated, or all of them; entries without one count.

        Raises:
            InputError: The file is damaged.
        """
        return sum(
            entry["evaluations"]
            for entry in self._entries()
            if test_set is None or entry["test_set"] in (None, test_set)
        )

    def _entries(self) -> Iterator[dict[str, Any]]:
        if not self.file.is_file():
            yield from self._older()
            return
        for number, line in enumerate(self.file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                entry = json.loads(line)
                yield {"test_set": entry["test_set"], "evaluations": int(entry["evaluations"])}
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f"line {number} of {self.file} is damaged: repair or remove that line"
                ) from error

    def _older(self) -> Iterator[dict[str, Any]]:
        """Yield what runs counted themselves before there was a ledger."""
        for run in runs_in(self.folder):
            if number := run.result.get("test_evaluations", 0):
                yield {"test_set": None, "run": run.folder.name, "evaluations": number}


def run_folders(paths: Iterable[Path]) -> list[Path]:
    """Return what a shell's ``lightning_logs/experiment/*`` names, but for the ledger."""
    return [path for path in paths if path.name != FILE]
