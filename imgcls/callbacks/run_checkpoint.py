"""Checkpoints that know their run wherever its folder lies."""

from typing import Any

from lightning.pytorch.callbacks import ModelCheckpoint


class RunCheckpoint(ModelCheckpoint):
    """A `ModelCheckpoint` that goes on with its best score when the run's folder was moved."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state as if it had been saved where the folder is now."""
        super().load_state_dict({**state_dict, "dirpath": self.dirpath})
