from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from imgcls.batch import Batch
from imgcls.callbacks import StopOnNonFiniteLoss
from imgcls.errors import InputError

MODULE: Any = SimpleNamespace()


def end_batch(folder: Path, loss: float) -> None:
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.125}])
    trainer: Any = SimpleNamespace(
        log_dir=str(folder), optimizers=[optimizer], global_step=41, current_epoch=2
    )
    batch = Batch(torch.ones(2, 1, 3, 3), torch.tensor([1, 0]), torch.tensor([5, 6]))
    StopOnNonFiniteLoss().on_train_batch_end(
        trainer, MODULE, {"loss": torch.tensor(loss)}, batch, 7
    )


def test_a_finite_loss_continues(tmp_path: Path) -> None:
    end_batch(tmp_path, 1e30)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_names_its_step_and_saves_its_batch(
    tmp_path: Path, loss: float
) -> None:
    text = rf"the loss is {loss} at step 41 \(epoch 2, batch 7, learning rate 0.125\); its batch is"
    with pytest.raises(InputError, match=text):
        end_batch(tmp_path, loss)
    saved = torch.load(tmp_path / "non_finite_batch.pt", weights_only=True)
    assert saved["index"].tolist() == [5, 6]


@pytest.mark.parametrize("bad", [{}, {2: float("nan"), 4: float("inf")}])
def test_losses_on_a_device_are_read_at_the_epoch_s_end(
    tmp_path: Path, bad: dict[int, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    guard, losses = StopOnNonFiniteLoss(), [bad.get(step, 1.0) for step in range(6)]
    trainer: Any = SimpleNamespace(
        log_dir=str(tmp_path), optimizers=[SimpleNamespace(param_groups=[{"lr": 0.125}])],
        global_step=0, current_epoch=0,
    )  # fmt: skip
    for step in range(6):
        trainer.global_step = step + 1
        index = torch.tensor([step, step + 10])
        batch = Batch(torch.ones(2, 1, 3, 3), torch.tensor([1, 0]), index)
        loss = torch.tensor(0.0, device="meta")  # cannot be read
        guard.on_train_batch_end(trainer, MODULE, {"loss": loss}, batch, step)
    monkeypatch.setattr(torch, "stack", lambda given: torch.tensor(losses))
    if not bad:
        guard.on_train_epoch_end(trainer, MODULE)
        guard.on_train_epoch_end(trainer, MODULE)  # nothing is left to read
        assert list(tmp_path.iterdir()) == []
        return
    with pytest.raises(InputError, match=r"the loss is nan at step 3 \(epoch 0, batch 2, learning"):
        guard.on_train_epoch_end(trainer, MODULE)
    saved = torch.load(tmp_path / "non_finite_batch.pt", weights_only=True)
    assert {name: value.tolist() for name, value in saved.items()} == {"index": [2, 12]}
