from itertools import combinations

import torch
from torch import Tensor

from imgcls.data import Digits


def order(seed: int, epoch: int) -> Tensor:
    """Return which images of the official set an epoch has, as they come."""
    loader = Digits(seed=seed, batch_size=100).train_dataloader()
    loader.sampler.set_epoch(epoch)  # type: ignore[union-attr]
    return torch.cat([batch.index for batch in loader])


def test_the_order_is_that_of_seed_and_epoch_and_no_other_pair_has_it() -> None:
    orders = {(seed, epoch): order(seed, epoch) for seed in range(3) for epoch in range(3)}
    for (seed, epoch), found in orders.items():
        generator = torch.Generator().manual_seed(10_007 * seed + epoch)
        drawn = torch.randperm(1293, generator=generator)[:1200]  # whole batches alone
        assert torch.equal(found, Digits().train_images.rows[drawn])
    for one, other in combinations(orders.values(), 2):
        assert not torch.equal(one, other)


def test_a_loader_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    data = Digits()
    for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader()):
        list(loader)
    assert torch.equal(torch.get_rng_state(), before)


def test_evaluation_has_every_image_in_order() -> None:
    data = Digits(batch_size=100)
    for loader, images in (
        (data.val_dataloader(), data.val_images),
        (data.test_dataloader(), data.test_images),
    ):
        assert torch.equal(torch.cat([batch.index for batch in loader]), images.rows)
