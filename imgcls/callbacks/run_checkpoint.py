"""Checkpoints that know their run wherever its folder lies."""

from functools import cached_property
from typing import Any

from lightning.pytorch.callbacks import ModelCheckpoint


class RunCheckpoint(ModelCheckpoint):
    """A `ModelCheckpoint` that goes on with its best score when the run's folder was moved."""

    @cached_property
    def state_key(self) -> str:
        """What its state is found under; Lightning asks in each hook, and would write it anew."""
        return super().state_key

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state as if it had been saved where the folder is now."""
        super().load_state_dict({**state_dict, "dirpath": self.dirpath})
