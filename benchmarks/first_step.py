"""Ends a training before its first step."""

import os
from typing import Any, NoReturn

from lightning import Callback


class LeaveAtFirstStep(Callback):
    """Ends the process when the first step begins."""

    def on_train_batch_start(self, *_: Any) -> NoReturn:
        """Exit."""
        os._exit(0)
