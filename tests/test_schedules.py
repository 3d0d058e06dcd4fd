import itertools

import pytest

from imgcls.schedules import Constant, Cosine, Schedule, Steps, Triangular

POINTS = [step / 100 for step in range(101)]


@pytest.mark.parametrize(
    ("schedule", "fraction", "factor"),
    [
        (Constant(), 0, 1),
        (Constant(), 1, 1),
        (Cosine(), 0, 1),
        (Cosine(), 0.5, 0.5),
        (Cosine(), 1 / 3, 0.75),
        (Cosine(), 1, 0),
        (Cosine(final=0.2), 0.5, 0.6),
        (Cosine(final=0.2), 1, 0.2),
        (Cosine(warmup=0.1), 0, 0),
        (Cosine(warmup=0.1), 0.05, 0.5),
        (Cosine(warmup=0.1), 0.1, 1),
        (Cosine(warmup=0.1), 0.55, 0.5),
        (Cosine(warmup=0.1, final=0.2), 0.05, 0.5),
        (Triangular(peak=0.25, start=0.2, final=0.1), 0, 0.2),
        (Triangular(peak=0.25, start=0.2, final=0.1), 0.125, 0.6),
        (Triangular(peak=0.25, start=0.2, final=0.1), 0.25, 1),
        (Triangular(peak=0.25, start=0.2, final=0.1), 0.625, 0.55),
        (Triangular(peak=0.25, start=0.2, final=0.1), 1, 0.1),
        (Steps(milestones=(0.3, 0.6), factor=0.1), 0.29, 1),
        (Steps(milestones=(0.3, 0.6), factor=0.1), 0.3, 0.1),
        (Steps(milestones=(0.3, 0.6), factor=0.1), 0.6, 0.01),
        (Steps(milestones=(0.3, 0.6), factor=0.1), 1, 0.01),
    ],
)
def test_factor_at(schedule: Schedule, fraction: float, factor: float) -> None:
    assert schedule(fraction) == pytest.approx(factor, abs=1e-12)


@pytest.mark.parametrize(
    ("schedule", "peak"), [(Cosine(0.3, 0.1), 0.3), (Triangular(0.4, 0.1), 0.4), (Steps(), 0.0)]
)
def test_it_climbs_to_its_peak_and_falls_after_it(schedule: Schedule, peak: float) -> None:
    for before, after in itertools.pairwise(POINTS):
        change = schedule(after) - schedule(before)
        assert change > 0 if after <= peak else change <= 0
    assert all(0 <= schedule(point) <= 1 for point in POINTS)
