"""Weights of a checkpoint beside those of a model: which are the same by name and shape."""

from collections.abc import Collection, Iterator
from typing import Literal

from torch import Tensor

from imgcls.errors import listed

Fate = Literal["loaded", "skipped", "new"]
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
        fates: Name of each weight to what becomes of it.
    """

    def __init__(self, there: State, here: State, buffers: Collection[str] = ()) -> None:
        self._there, self._here = there, here
        self._sizes = {
            name: 0 if name in buffers else weight.numel()
            for name, weight in {**here, **there}.items()
        }
        self.fates = {name: self._fate(name) for name in self._sizes}

    def loaded(self) -> State:
        """Return the checkpoint's weights that the model takes."""
        return {name: self._there[name] for name, fate in self.fates.items() if fate == "loaded"}

    def count(self, fate: Fate) -> int:
        """Return how many numbers of parameters have a fate; skipped ones as the checkpoint has."""
        return sum(self._sizes[name] for name, each in self.fates.items() if each == fate)

    def misfit(self) -> str:
        """Return the largest weight that is not loaded, with both shapes."""
        others = [name for name, fate in self.fates.items() if fate != "loaded"]
        return self.shapes(max(others, key=self._sizes.__getitem__))

    def shapes(self, name: str) -> str:
        """Return a weight's name with its shape in the checkpoint and in the model."""
        there, here = (
            tuple(state[name].shape) if name in state else "absent"
            for state in (self._there, self._here)
        )
        return f"{name} is {there} there and {here} here"

    def lines(self, module: str) -> list[str]:
        """Return a line a fate: how many parameters, in which modules of a module."""
        groups = list(self._largest_modules(module))
        lines = []
        for fate in ("loaded", "skipped", "new"):
            names = [self._described(name, fate) for name, each in groups if each == fate]
            if names:
                separator = "; " if fate == "skipped" else ", "  # shapes have commas of their own
                lines.append(line(fate, self.count(fate), listed(names, SHOWN, separator)))
        return lines

    def _fate(self, name: str) -> Fate:
        if name not in self._there:
            return "new"
        fits = name in self._here and self._here[name].shape == self._there[name].shape
        return "loaded" if fits else "skipped"

    def _largest_modules(self, module: str) -> Iterator[tuple[str, Fate]]:
        """Yield the largest modules whose weights all have one fate, and single weights else."""
        inside = [name for name in self.fates if f"{name}.".startswith(f"{module}.")]
        fates = {self.fates[name] for name in inside}
        if len(fates) == 1:
            yield module, fates.pop()
            return
        depth = module.count(".") + 2
        for child in dict.fromkeys(".".join(name.split(".")[:depth]) for name in inside):
            yield from self._largest_modules(child)

    def _described(self, module: str, fate: str) -> str:
        if fate != "skipped":
            return module
        first = next(name for name in self.fates if f"{name}.".startswith(f"{module}."))
        return self.shapes(first)


def line(fate: str, count: int, what: str) -> str:
    """Return one line of the table."""
    return f"  {fate:8} {count:>12,} parameters  {what}"
