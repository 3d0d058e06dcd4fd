import numpy as np
import pytest
import torch
from scipy import stats

from imgcls.errors import InputError
from imgcls.transforms import CutMix, Draws, Mix, MixUp

NUMBER = 6
INPUTS = torch.randn(NUMBER, 3, 8, 5, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(NUMBER)  # all different, so that the targets show the weight


def draws(epoch: int) -> Draws:
    return Draws(seed=0, epoch=epoch, index=torch.arange(NUMBER))


def expected_targets(weight: float) -> torch.Tensor:
    soft = torch.zeros(NUMBER, NUMBER)
    for index in range(NUMBER):
        soft[index, index] = weight
        soft[index, index - 1] = 1 - weight
    return soft


def test_mixup_blends_inputs_and_targets_by_the_same_weight() -> None:
    weights = []
    for epoch in range(20):
        mixed, soft = MixUp(alpha=1.0)(INPUTS, LABELS, NUMBER, draws(epoch))
        weight = float(soft[0, 0])
        torch.testing.assert_close(soft, expected_targets(weight))
        for index in range(NUMBER):
            blend = weight * INPUTS[index] + (1 - weight) * INPUTS[index - 1]
            torch.testing.assert_close(mixed[index], blend)
        weights.append(weight)
    assert max(weights) - min(weights) > 0.5  # 20 numbers uniform in [0, 1]


def test_cutmix_pastes_one_box_and_weighs_the_targets_by_its_area() -> None:
    areas = set()
    for epoch in range(20):
        mixed, soft = CutMix()(INPUTS, LABELS, NUMBER, draws(epoch))
        pasted = (mixed != INPUTS).any(dim=1)[0]  # (H, W)
        box = pasted.any(1)[:, None] & pasted.any(0)[None]
        assert torch.equal(pasted, box)
        for index in range(NUMBER):
            expected = torch.where(pasted, INPUTS[index - 1], INPUTS[index])
            assert torch.equal(mixed[index], expected)
        area = int(pasted.sum())
        torch.testing.assert_close(soft, expected_targets(1 - area / 40))
        areas.add(area)
    assert len(areas) > 5


def fractions(mix: Mix) -> list[float]:
    """Return what 500 batches keep of each image, by their targets."""
    inputs, labels = torch.zeros(2, 1, 128, 128), torch.arange(2)
    drawn = (Draws(seed=0, epoch=epoch, index=torch.arange(2)) for epoch in range(500))
    return [float(mix(inputs, labels, 2, each)[1][0, 0]) for each in drawn]


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_the_fraction_of_mixup_is_of_its_beta_distribution(alpha: float) -> None:
    assert stats.kstest(fractions(MixUp(alpha)), stats.beta(alpha, alpha).cdf).pvalue > 1e-3


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_the_box_of_cutmix_is_of_its_beta_distribution(alpha: float) -> None:
    random = np.random.default_rng(0)
    side = np.sqrt(1 - random.beta(alpha, alpha, 20_000))  # of the box, the image having 1
    centres = random.random((2, 20_000))
    low, high = (np.clip(centres + sign * side / 2, 0, 1) for sign in (-1, 1))
    expected = 1 - (high - low).prod(0)  # what falls outside the image is not pasted
    # boxes under a hundredth of the image, which are of few pixels, count as one
    pair = (np.minimum(each, 0.99) for each in (fractions(CutMix(alpha)), expected))
    assert stats.ks_2samp(*pair).pvalue > 1e-3


@pytest.mark.parametrize("mix", [MixUp(1.0), CutMix()])
def test_each_batch_of_each_run_has_a_fraction_of_its_own(mix: Mix) -> None:
    inputs, labels = torch.zeros(2, 1, 128, 128), torch.arange(2)
    drawn = [Draws(seed, 0, torch.tensor([first, 9])) for seed in range(3) for first in range(3)]
    assert len({float(mix(inputs, labels, 2, each)[1][0, 0]) for each in drawn}) == 9


@pytest.mark.parametrize("mix", [MixUp, CutMix])
@pytest.mark.parametrize("alpha", [0.0, -1.0])
def test_alpha_not_above_0_is_refused(mix: type[MixUp] | type[CutMix], alpha: float) -> None:
    with pytest.raises(InputError, match=f"alpha is {alpha}: .* choose above 0"):
        mix(alpha)
