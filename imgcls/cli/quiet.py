"""What the libraries say that no user can act on."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries from saying what does not concern the user."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # arguments given from within Python are meant to replace those of the shell
        warnings.filterwarnings("ignore", ".*LightningCLI's args parameter is intended.*")
        # torch 2.14 has renamed what lightning 2.6 uses
        warnings.filterwarnings("ignore", ".*LeafSpec.*")
        # images are in memory and fetched by the batch: workers would only copy them
        warnings.filterwarnings("ignore", ".*does not have many workers.*")
        # an epoch of a small set has fewer steps than log_every_n_steps; epochs are logged anyway
        warnings.filterwarnings("ignore", ".*is smaller than the logging interval.*")
        # a resumed run finds the folder of its own checkpoints
        warnings.filterwarnings("ignore", ".*Checkpoint directory .* exists and is not empty.*")
        # evaluating last.ckpt needs no callbacks that once wrote it
        warnings.filterwarnings("ignore", ".*callbacks used to create the checkpoint need.*")
        # a captured CUDA graph keeps nodes of the stream that it was captured on
        warnings.filterwarnings("ignore", "The AccumulateGrad node's stream does not match.*")
        # val_fraction 0 trains without validation
        warnings.filterwarnings("ignore", ".*Total length of `.*` across ranks is zero.*")
        yield
