"""Features as points in the plane, and by how much the plane misleads."""

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
COMPONENTS = 50  # that t-SNE sees, as in its paper
FEWEST = 5  # points that have neighbours worth the name
COMPARED = 3000  # points whose distances to one another fit into memory


def embed(
    features: Floats,
    seed: int = 0,
    perplexity: float = 30.0,
    init: Floats | None = None,
    threads: int = 1,
) -> Floats:
    """Return points ``(N, 2)`` by t-SNE of the 50 first principal components.

    Van der Maaten and Hinton, "Visualizing data using t-SNE", 2008. Distances between far clusters
    and sizes of clusters mean nothing. Features are not standardised: their scale is what the next
    layer sees.

    Args:
        features: ``(N, D)``, N at least 5 and D at least 2.
        seed: The same seed gives the same points.
        perplexity: How many neighbours a point has, about; at most (N - 1) / 3 is used.
        init: Points ``(N, 2)`` to start from, such as those of the epoch before; default the two
            first principal components.
        threads: Threads to compute with.

    Raises:
        InputError: There are too few points, or features that are no numbers or all the same.
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
    if init is None:  # it would undo a good start
        embedding.optimize(250, exaggeration=12, momentum=0.8, inplace=True)
    embedding.optimize(500, momentum=0.8, inplace=True)
    return np.array(embedding)


def neighbour_purity(features: Floats, labels: Integers, neighbours: int = 10) -> float:
    """Return the mean share of each point's nearest neighbours that have its label, in [0, 1].

    K classes of one size in no order give about 1 / K.

    Args:
        features: ``(N, D)``.
        labels: ``(N,)``.
        neighbours: How many; at most N - 1 are used.
    """
    search = NearestNeighbors(n_neighbors=min(neighbours, len(features) - 1)).fit(features)
    nearest = search.kneighbors(return_distance=False)  # without the point itself
    return float((labels[nearest] == labels[:, None]).mean())


def trustworthiness(features: Floats, points: Floats, neighbours: int = 10, seed: int = 0) -> float:
    """Return how far near points have near features too, in [0, 1].

    Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", 2001; of at most
    3,000 points, drawn at random.

    Args:
        features: ``(N, D)``.
        points: ``(N, 2)``, their embedding.
        neighbours: How many of each point are looked at; fewer than N / 2 are used.
        seed: Of the draw.
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
    """Return ``count`` positions in order, each class with the share that it has of all.

    Args:
        labels: ``(N,)``.
        count: How many; all N when there are no more, or when it is 0.
        seed: The same seed gives the same positions.
    """
    if not 0 < count < len(labels):
        return np.arange(len(labels))
    order = np.random.default_rng(seed).permutation(len(labels))
    shares = np.empty(len(labels))  # of its class that comes before a point
    for label in np.unique(labels):
        members = order[labels[order] == label]
        shares[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.sort(order[np.argsort(shares[order], kind="stable")[:count]])
