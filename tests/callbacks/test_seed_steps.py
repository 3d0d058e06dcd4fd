from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from imgcls.callbacks import SeedSteps


def drawn(seed: int, step: int, rank: int = 0) -> Tensor:
    trainer: Any = SimpleNamespace(global_step=step, global_rank=rank)
    module: Any = SimpleNamespace(device=torch.device("cpu"))
    SeedSteps(seed).on_train_batch_start(trainer, module, None, 0)
    return torch.rand(4)


def test_a_step_draws_the_same_numbers_whatever_came_before() -> None:
    first = drawn(3, 100)
    torch.rand(17)
    assert torch.equal(drawn(3, 100), first)


def test_steps_seeds_and_ranks_draw_different_numbers() -> None:
    keys = [(seed, step, rank) for seed in range(3) for step in range(20) for rank in range(3)]
    assert len({tuple(drawn(*key).tolist()) for key in keys}) == len(keys)


def test_large_seeds_are_accepted() -> None:
    assert not torch.equal(drawn(2**32 - 1, 1), drawn(2**32 - 2, 1))
