import pytest
import torch
from scipy import stats

from imgcls.transforms.draws import Draws, hash64, progress_of

IMAGES = torch.arange(100_000)


def chi_square(counts: torch.Tensor) -> float:
    expected = counts.sum() / len(counts)
    return float(((counts - expected) ** 2 / expected).sum())


def correlation(left: torch.Tensor, right: torch.Tensor) -> float:
    return float(torch.corrcoef(torch.stack([left, right]).double())[0, 1])


def test_hash_gives_the_published_sequence_of_splitmix64() -> None:
    # The first outputs for seed 1234567, as listed by Rosetta Code.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    states = 1234567 + torch.arange(3) * (0x9E3779B97F4A7C15 - 2**64)
    assert [number % 2**64 for number in hash64(states).tolist()] == published


def splitmix64(state: int) -> int:
    """Return the output of a state, in whole numbers of Python."""
    state = (state + 0x9E3779B97F4A7C15) % 2**64
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB % 2**64
    return state ^ (state >> 31)


def test_numbers_are_those_of_every_run_so_far() -> None:
    index = [0, 1, 7, 49_999]
    for seed, epoch in ((0, 0), (3, 0), (0, 5), (12, 29)):
        draws = Draws(seed, epoch, torch.tensor(index))
        first, second, later = draws.uniform(), draws.uniform(), draws.batch_seed()
        images = [splitmix64(splitmix64(seed) + each) for each in index]
        assert draws.constant_coin().tolist() == [splitmix64(each) >> 63 for each in images]
        states = [splitmix64(each + epoch) for each in images]
        for found in (first, second):
            states = [splitmix64(state) for state in states]
            assert found.tolist() == [(state >> 40) / 2**24 for state in states]
        assert later == splitmix64(states[0]) >> 1


@pytest.mark.parametrize(
    ("epoch", "epochs", "progress"),
    [(0, 4, 0), (1, 4, 0.25), (3, 4, 0.75), (0, 1, 1), (0, None, 1), (5, -1, 1)],
)
def test_progress_is_what_is_finished_as_an_epoch_begins(
    epoch: int, epochs: int | None, progress: float
) -> None:
    assert progress_of(epoch, epochs) == progress


def test_uniform_numbers_are_uniform() -> None:
    numbers = Draws(seed=3, epoch=5, index=IMAGES).uniform()
    assert numbers.dtype == torch.float32
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = torch.histc(numbers, bins=64, min=0, max=1)
    assert chi_square(counts) < 117  # 63 degrees of freedom: more in 1 of 20,000 samples


def test_numbers_of_neighbours_epochs_seeds_and_successive_draws_are_unrelated() -> None:
    draws = Draws(seed=0, epoch=0, index=IMAGES)
    first, second = draws.uniform(), draws.uniform()
    others = {
        "next draw": second,
        "next image": first.roll(1),
        "next epoch": Draws(0, 1, IMAGES).uniform(),
        "next seed": Draws(1, 0, IMAGES).uniform(),
        "constant coin": draws.constant_coin().float(),
    }
    related = {name: correlation(first, other) for name, other in others.items()}
    assert all(abs(value) < 4 / len(IMAGES) ** 0.5 for value in related.values()), related


def test_integers_include_both_ends_and_are_uniform() -> None:
    numbers = Draws(seed=0, epoch=0, index=IMAGES).integers(-4, 4)
    assert numbers.dtype == torch.int64
    assert set(numbers.tolist()) == set(range(-4, 5))
    assert chi_square(torch.bincount(numbers + 4).float()) < 33  # 8 degrees of freedom, as above


def test_normal_numbers_are_normal_and_unrelated() -> None:
    draws = Draws(seed=4, epoch=0, index=torch.arange(500))
    numbers, later = draws.normal(20, 10), draws.normal(20, 10)
    assert (numbers.shape, numbers.dtype) == ((500, 20, 10), torch.float32)
    assert stats.kstest(numbers.flatten().double(), "norm").pvalue > 1e-4
    others = {
        "next draw": later,
        "next image": numbers.roll(1, 0),
        "next position": numbers.roll(1, 2),
        "next epoch": Draws(4, 1, torch.arange(500)).normal(20, 10),
        "next seed": Draws(5, 0, torch.arange(500)).normal(20, 10),
    }
    for name, other in others.items():
        assert abs(correlation(numbers.flatten(), other.flatten())) < 4 / 100_000**0.5, name
    part = Draws(seed=4, epoch=0, index=torch.arange(300, 500))
    assert torch.equal(part.normal(20, 10), numbers[300:])


def test_a_image_gets_the_same_numbers_in_any_batch() -> None:
    order = torch.randperm(1000, generator=torch.Generator().manual_seed(0))
    together = Draws(seed=1, epoch=2, index=order)
    numbers = torch.stack([together.uniform(), together.uniform()])
    coins = together.constant_coin()
    for start in range(0, 1000, 300):
        positions = slice(start, start + 300)
        part = Draws(seed=1, epoch=2, index=order[positions])
        assert torch.equal(torch.stack([part.uniform(), part.uniform()]), numbers[:, positions])
        assert torch.equal(part.constant_coin(), coins[positions])


def test_coin_is_fair_and_the_same_in_every_epoch() -> None:
    coins = Draws(seed=0, epoch=0, index=IMAGES).constant_coin()
    later = Draws(seed=0, epoch=7, index=IMAGES)
    later.uniform()
    assert torch.equal(later.constant_coin(), coins)
    assert not torch.equal(Draws(seed=1, epoch=0, index=IMAGES).constant_coin(), coins)
    assert abs(coins.double().mean() - 0.5) < 4 * 0.5 / len(IMAGES) ** 0.5


def test_batch_seed_depends_on_seed_epoch_and_batch_and_is_accepted_by_torch() -> None:
    seeds = [
        Draws(seed, epoch, torch.tensor([first, 9])).batch_seed()
        for seed in range(5)
        for epoch in range(5)
        for first in range(5)
    ]
    assert len(set(seeds)) == 125
    torch.Generator().manual_seed(max(seeds))
    assert min(seeds) >= 0


def test_every_batch_seed_of_a_batch_is_another() -> None:
    draws = Draws(seed=0, epoch=0, index=torch.arange(4))
    assert len({draws.batch_seed() for _ in range(5)}) == 5


def test_the_global_generator_is_not_touched() -> None:
    before = torch.get_rng_state()
    draws = Draws(seed=0, epoch=0, index=torch.arange(10))
    draws.uniform()
    draws.integers(0, 5)
    draws.normal(3)
    draws.constant_coin()
    draws.batch_seed()
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_are_sent_to_the_images() -> None:
    draws = Draws(seed=0, epoch=0, index=torch.arange(4), device=torch.device("meta"))
    sent = [draws.uniform(), draws.integers(0, 5), draws.normal(3), draws.constant_coin()]
    assert {numbers.device.type for numbers in sent} == {"meta"}
    here = Draws(seed=0, epoch=0, index=torch.arange(4))
    here.uniform(), here.integers(0, 5), here.normal(3)
    assert draws.batch_seed() == here.batch_seed()
