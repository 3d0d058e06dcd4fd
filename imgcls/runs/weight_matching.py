"""Weights of a checkpoint next to those of a model: which are the same by name and shape."""

from collections.abc import Collection, Iterator
from typing import Literal

from torch import Tensor

from imgcls.errors import listed

Status = Literal["loaded", "skipped", "new"]
State = dict[str, Tensor]
SHOWN = 8  # modules or classes that a line names before it says "and N more"


class Matching:
    """What becomes of each weight when a model takes what fits from a checkpoint.

    A weight is ``loaded`` where name and shape are the same, ``skipped`` where the checkpoint has
    it and the model does not or in another shape, ``new`` where the model alone has it.

    Args:
        there: Weights of the checkpoint.
        here: Weights of the model.
        buffers: Names of what is no parameter: loaded alike, but not counted.

    Attributes:
        statuses: Name of each weight to what becomes of it.
    """

    def __init__(self, there: State, here: State, buffers: Collection[str] = ()) -> None:
        self._there, self._here = there, here
        self._sizes = {
            name: 0 if name in buffers else weight.numel()
            for name, weight in {**here, **there}.items()
        }
        self.statuses = {name: self._status(name) for name in self._sizes}

    def loaded(self) -> State:
        """Return the checkpoint's weights that the model takes."""
        return {name: self._there[name] for name, each in self.statuses.items() if each == "loaded"}

    def count(self, status: Status) -> int:
        """Return how many parameters have a status; of skipped ones those of the checkpoint."""
        return sum(self._sizes[name] for name, each in self.statuses.items() if each == status)

    def misfit(self) -> str:
        """Return the largest weight that is not loaded, with both shapes."""
        others = [name for name, status in self.statuses.items() if status != "loaded"]
        return self.shapes(max(others, key=self._sizes.__getitem__))

    def shapes(self, name: str) -> str:
        """Return a weight's name with its shape in the checkpoint and in the model."""
        there, here = (
            tuple(state[name].shape) if name in state else "absent"
            for state in (self._there, self._here)
        )
        return f"{name} is {there} there and {here} here"

    def lines(self, module: str) -> list[str]:
        """Return one line per status: how many parameters, in which modules of a module."""
        groups = list(self._largest_modules(module))
        lines = []
        for status in ("loaded", "skipped", "new"):
            names = [self._described(name, status) for name, each in groups if each == status]
            if names:
                separator = "; " if status == "skipped" else ", "  # shapes have commas of their own
                lines.append(line(status, self.count(status), listed(names, SHOWN, separator)))
        return lines

    def _status(self, name: str) -> Status:
        if name not in self._there:
            return "new"
        fits = name in self._here and self._here[name].shape == self._there[name].shape
        return "loaded" if fits else "skipped"

    def _largest_modules(self, module: str) -> Iterator[tuple[str, Status]]:
        """Yield the largest modules whose weights all have one status, and single weights else."""
        inside = [name for name in self.statuses if f"{name}.".startswith(f"{module}.")]
        found = {self.statuses[name] for name in inside}
        if len(found) == 1:
            yield module, found.pop()
            return
        depth = module.count(".") + 2
        for child in dict.fromkeys(".".join(name.split(".")[:depth]) for name in inside):
            yield from self._largest_modules(child)

    def _described(self, module: str, status: str) -> str:
        if status != "skipped":
            return module
        first = next(name for name in self.statuses if f"{name}.".startswith(f"{module}."))
        return self.shapes(first)


def line(status: str, count: int, what: str) -> str:
    """Return one line of the table."""
    return f"  {status:8} {count:>12,} parameters  {what}"
