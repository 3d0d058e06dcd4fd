"""Checkpoints of a run whose folder may be moved."""

from functools import cached_property
from typing import Any

from lightning.pytorch.callbacks import ModelCheckpoint


class RunCheckpoint(ModelCheckpoint):
    """A `ModelCheckpoint` that keeps its best score when the run's folder was moved."""

    @cached_property
    def state_key(self) -> str:
        """Key of its state, cached since Lightning asks for it in each hook."""
        return super().state_key

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state with the folder's current path."""
        super().load_state_dict({**state_dict, "dirpath": self.dirpath})
