"""The check of a drawing callback before training."""

from typing import Any, Protocol, runtime_checkable

from torch import nn


@runtime_checkable
class LooksInside(Protocol):
    """A callback that draws layers or images which a config names."""

    def check(self, model: nn.Module, data: Any) -> None:
        """Check that they exist, before a run's folder is created.

        Raises:
            InputError: One does not exist.
        """
