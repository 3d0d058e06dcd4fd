import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import make_blobs
from sklearn.neighbors import KNeighborsClassifier

from imgcls.errors import InputError
from imgcls.evaluation.embedding import embed, neighbour_purity, stratified_sample, trustworthiness

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def blobs() -> tuple[Array, NDArray[np.int64]]:
    features, labels = make_blobs(
        [30, 30, 30], n_features=60, centers=None, cluster_std=0.5, random_state=0
    )
    return features, labels


def test_far_clusters_stay_apart_and_the_seed_decides(
    blobs: tuple[Array, NDArray[np.int64]],
) -> None:
    features, labels = blobs
    np.random.seed(7)  # noqa: NPY002
    drawn = np.random.random()  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    points = embed(features, seed=3)
    assert np.random.random() == drawn  # noqa: NPY002
    assert points.shape == (90, 2)
    assert KNeighborsClassifier(1).fit(points[::2], labels[::2]).score(
        points[1::2], labels[1::2]
    ) == pytest.approx(1)
    assert (embed(features, seed=3) == points).all()


def test_a_start_is_kept_up(blobs: tuple[Array, NDArray[np.int64]]) -> None:
    points = embed(blobs[0])
    mirrored = points * [-1, 1]
    again = embed(blobs[0], init=mirrored)
    assert np.corrcoef(again[:, 0], mirrored[:, 0])[0, 1] > 0.95
    assert np.corrcoef(again[:, 1], mirrored[:, 1])[0, 1] > 0.95


@pytest.mark.parametrize("shape", [(5, 2), (6, 300), (40, 3)], ids=str)
def test_few_points_and_few_features(shape: tuple[int, int]) -> None:
    points = embed(np.random.default_rng(0).normal(size=shape))
    assert points.shape == (shape[0], 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize(
    ("features", "text"),
    [
        (np.zeros((4, 9)), "t-SNE of 4 points with 9 features: give at least 5 and 2"),
        (np.zeros((9, 1)), "t-SNE of 9 points with 1 features"),
        (np.full((9, 3), np.nan), "27 of 27 features are NaN or infinite"),
        (np.ones((9, 3)), "the features of all 9 points are the same"),
    ],
)
def test_what_cannot_be_embedded(features: Array, text: str) -> None:
    with pytest.raises(InputError, match=text):
        embed(features)


def test_purity_by_hand() -> None:
    line = np.array([[0.0], [1.0], [2.5], [10.0], [11.0], [12.5]])
    # nearest: 0-1, 1-0, 2.5-1, 10-11, 11-10, 12.5-11
    assert neighbour_purity(line, np.array([0, 0, 0, 1, 1, 1]), 1) == 1
    assert neighbour_purity(line, np.array([0, 0, 1, 1, 1, 0]), 1) == pytest.approx(4 / 6)
    assert neighbour_purity(line, np.array([0, 0, 0, 1, 1, 1]), 99) == pytest.approx(2 / 5)


def test_trust_is_whole_in_a_copy_and_about_half_in_chaos() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(300, 2))
    assert trustworthiness(features, features * 7) == 1
    assert trustworthiness(features, random.permutation(features)) == pytest.approx(0.5, abs=0.05)


def test_a_sample_is_stratified_by_class() -> None:
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    np.random.default_rng(1).shuffle(labels)
    sample = stratified_sample(labels, 20, seed=5)
    assert np.bincount(labels[sample]).tolist() == [12, 6, 2]
    assert (np.diff(sample) > 0).all()
    assert (sample == stratified_sample(labels, 20, seed=5)).all()
    assert (sample != stratified_sample(labels, 20, seed=6)).any()
    assert len(stratified_sample(labels, 0)) == len(stratified_sample(labels, 1000)) == 100
