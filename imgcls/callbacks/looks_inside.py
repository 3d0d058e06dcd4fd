"""What a callback that draws can tell before anything is trained."""

from typing import Any, Protocol, runtime_checkable

from torch import nn


@runtime_checkable
class LooksInside(Protocol):
    """A callback that looks at layers or pictures which a config names."""

    def check(self, model: nn.Module, data: Any) -> None:
        """See, before a run's folder is claimed, that they are there.

        Raises:
            InputError: They are not.
        """
