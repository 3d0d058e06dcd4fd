"""t-SNE of features, and measures of its quality."""

import numpy as np
from numpy.typing import NDArray
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.initialization import pca
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness as scikit_trustworthiness
from sklearn.neighbors import NearestNeighbors

from imgcls.errors import InputError

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]
COMPONENTS = 50  # principal components as input of t-SNE, as in its paper
FEWEST = 5  # points that t-SNE needs
COMPARED = 3000  # points whose pairwise distances fit into memory


def embed(
    features: Floats,
    seed: int = 0,
    perplexity: float = 30.0,
    init: Floats | None = None,
    threads: int = 1,
) -> Floats:
    """Return points ``(N, 2)`` by t-SNE of the 50 first principal components.

    Van der Maaten and Hinton, "Visualizing data using t-SNE", 2008. Distances between far clusters
    and sizes of clusters have no meaning. Features are not standardised: the next layer sees them
    on this scale.

    Args:
        features: ``(N, D)``, N at least 5 and D at least 2.
        seed: The same seed gives the same points.
        perplexity: Approximate number of neighbours of a point; at most (N - 1) / 3 is used.
        init: Initial points ``(N, 2)``, such as those of the previous epoch; default the two
            first principal components.
        threads: Number of threads.

    Raises:
        InputError: There are too few points, or features are not finite or all the same.
    """
    points, dimensions = features.shape
    if points < FEWEST or dimensions < 2:
        raise InputError(
            f"t-SNE of {points} points with {dimensions} features: give at least {FEWEST} and 2"
        )
    if wrong := np.count_nonzero(~np.isfinite(features)):
        raise InputError(f"{wrong} of {features.size} features are NaN or infinite")
    if not np.ptp(features, axis=0).any():
        raise InputError(f"the features of all {points} points are the same")
    components = min(COMPONENTS, points, dimensions)
    reduced = PCA(components, random_state=seed).fit_transform(features.astype(np.float64))
    affinities = PerplexityBasedNN(
        reduced, min(perplexity, (points - 1) / 3), n_jobs=threads, random_state=seed
    )
    start = pca(reduced, random_state=seed) if init is None else init.astype(np.float64)
    embedding = TSNEEmbedding(start, affinities, n_jobs=threads, random_state=seed)
    if init is None:  # early exaggeration would undo the given initial points
        embedding.optimize(250, exaggeration=12, momentum=0.8, inplace=True)
    embedding.optimize(500, momentum=0.8, inplace=True)
    return np.array(embedding)


def neighbour_purity(features: Floats, labels: Integers, neighbours: int = 10) -> float:
    """Return the mean fraction of each point's nearest neighbours that have its label, in [0, 1].

    K classes of equal size in random order give about 1 / K.

    Args:
        features: ``(N, D)``.
        labels: ``(N,)``.
        neighbours: Number of neighbours; at most N - 1 are used.
    """
    search = NearestNeighbors(n_neighbors=min(neighbours, len(features) - 1)).fit(features)
    nearest = search.kneighbors(return_distance=False)  # without the point itself
    return float((labels[nearest] == labels[:, None]).mean())


def trustworthiness(features: Floats, points: Floats, neighbours: int = 10, seed: int = 0) -> float:
    """Return the trustworthiness of points, in [0, 1]: whether near points have near features.

    Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", 2001; computed
    on at most 3,000 random points.

    Args:
        features: ``(N, D)``.
        points: ``(N, 2)``, their embedding.
        neighbours: Number of neighbours of each point; fewer than N / 2 are used.
        seed: Seed of the random points.
    """
    drawn = np.random.default_rng(seed).permutation(len(features))[:COMPARED]
    most = min(neighbours, (len(drawn) - 1) // 2)
    return float(scikit_trustworthiness(features[drawn], points[drawn], n_neighbors=most))


def measures(features: Floats, points: Floats, labels: Integers) -> dict[str, float]:
    """Return purity of features ``(N, D)`` and trustworthiness of points ``(N, 2)``, by name."""
    return {
        "purity": neighbour_purity(features, labels),
        "trustworthiness": trustworthiness(features, points),
    }


def stratified_sample(labels: Integers, count: int, seed: int = 0) -> Integers:
    """Return ``count`` sorted positions, stratified by class.

    Args:
        labels: ``(N,)``.
        count: Number of positions; all N if there are no more, or if it is 0.
        seed: The same seed gives the same positions.
    """
    if not 0 < count < len(labels):
        return np.arange(len(labels))
    order = np.random.default_rng(seed).permutation(len(labels))
    ranks = np.empty(len(labels))  # fraction of its class that precedes a point
    for label in np.unique(labels):
        members = order[labels[order] == label]
        ranks[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(order[np.argsort(ranks[order], kind="stable")[:count]])
