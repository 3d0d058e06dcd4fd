"""The end of a training before its first step."""

import os
from typing import Any, NoReturn

from lightning import Callback


class LeaveAtFirstStep(Callback):
    """Ends the process as the first step begins: what comes later does not count."""

    def on_train_batch_start(self, *_: Any) -> NoReturn:
        """Leave without a word."""
        os._exit(0)
