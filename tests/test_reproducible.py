from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Command, curve, folder_of, same_weights

from imgcls.data import Digits

CONFIG = """\
trainer: {max_epochs: 2}
data: {class_path: Digits, init_args: {batch_size: 256, augment: [{class_path: RandomCrop}]}}
model:
  class_path: odd_parts.DropoutNet
  init_args: {optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1, momentum: 0.9}}}
"""


@pytest.fixture
def plain(command: Command) -> Path:
    """Return an ordinary run."""
    Path("run.yaml").write_text(CONFIG)
    return folder_of(command("fit", "--config", "run.yaml"))


def again(command: Command, *flags: object) -> Path:
    return folder_of(command("fit", "--config", "run.yaml", *flags))


def test_the_same_seed_gives_the_same_run_to_the_last_bit(plain: Path, command: Command) -> None:
    second = again(command)
    assert second != plain
    assert curve(second) == curve(plain)
    assert same_weights(second, plain)


def test_another_seed_gives_another_run(plain: Path, command: Command) -> None:
    other = again(command, "--seed_everything", 1)
    assert curve(other)[0]["train/loss"] != curve(plain)[0]["train/loss"]
    assert not same_weights(other, plain)


@pytest.mark.parametrize("callback", ["Wanderer", "Painter"])
def test_what_callbacks_draw_changes_nothing(plain: Path, command: Command, callback: str) -> None:
    Path("callback.yaml").write_text(
        f"trainer: {{callbacks: [{{class_path: odd_parts.{callback}}}]}}"
    )
    other = again(command, "--config", "callback.yaml")
    assert curve(other) == curve(plain)
    assert same_weights(other, plain)


@pytest.mark.parametrize(
    "flags",
    [
        ["--trainer.check_val_every_n_epoch", 2],
        ["--trainer.num_sanity_val_steps", 0],
        ["--trainer.limit_val_batches", 0],
        ["--trainer.enable_progress_bar", "false"],
    ],
    ids=lambda flags: flags[0].removeprefix("--trainer."),
)
def test_how_often_a_run_validates_does_not_change_its_weights(
    plain: Path, command: Command, flags: list[object]
) -> None:
    assert same_weights(again(command, *flags), plain)


def order(data: Digits, epoch: int) -> list[int]:
    loader = data.train_dataloader()
    sampler: Any = loader.sampler
    sampler.set_epoch(epoch)
    return [int(place) for batch in loader for place in batch.index]


def test_the_order_of_an_epoch_depends_on_seed_and_epoch_alone() -> None:
    walked = Digits(batch_size=64, seed=3)
    orders = [order(walked, epoch) for epoch in range(3)]
    torch.manual_seed(99)
    assert order(Digits(batch_size=64, seed=3), 2) == orders[2]
    assert len({tuple(each) for each in orders}) == 3
    assert order(Digits(batch_size=64, seed=4), 2) != orders[2]
    assert not {tuple(order(Digits(seed=4), epoch)) for epoch in range(3)} & {
        tuple(order(Digits(seed=3), epoch)) for epoch in range(3)
    }


def test_iterating_loaders_leaves_the_global_generator_alone() -> None:
    data = Digits()
    before = torch.get_rng_state()
    for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader()):
        assert len(list(loader)) > 0
    assert torch.equal(torch.get_rng_state(), before)


def test_the_split_does_not_depend_on_the_seed_of_the_run() -> None:
    one, other = Digits(seed=0).val_images.rows, Digits(seed=1).val_images.rows
    assert torch.equal(one, other)
    assert not torch.equal(one, Digits(split_seed=1).val_images.rows)
