"""gram_matrix: equation (6). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import matrices
from autograder.exercises.model import SILENT, SQUARE_ONLY, AtWork, Exercise

exercise = Exercise(
    "gram_matrix",
    matrices,
    limits=(SQUARE_ONLY, SILENT),
    at_work=AtWork("F", filters=64, positions=147456, calls=7),
)


@exercise.mistake("axes")
def positions(F):
    """You multiplied positions with positions: in G_ij the sum is over the positions k, so the filters i and j
    remain. In which order do F and its transpose give an (N, N)?"""
    return F.T @ F


@exercise.mistake("sizes")
def divided_by_positions(F):
    """You divided by the number of positions M: equation (6) is a plain sum, the factors come with the loss (7)."""
    return F @ F.T / F.shape[1]


@exercise.mistake("sizes")
def divided_by_size(F):
    """You divided by N*M, as many programs do: equation (6) is a plain sum, the factors come with the loss (7)."""
    return F @ F.T / F.size


@exercise.mistake("formula")
def entrywise(F):
    """You squared each entry: `*` multiplies entry by entry. G_ij is the inner product of rows i and j (`@`)."""
    return F * F


@exercise.mistake("square")
def square_product(F):
    """You multiplied F with F itself, which works for square F only, and gives other numbers: which axis of each
    factor does equation (6) sum over?"""
    return F @ F


@exercise.mistake("edge")
def upper_triangle(F):
    """The lower triangle is zero: G is symmetric, and G_ij is wanted for i > j, too."""
    return np.triu(F @ F.T)


@exercise.mistake("edge")
def no_diagonal(F):
    """The diagonal is zero: a filter is multiplied with itself as well, G_ii is its squared length."""
    G = F @ F.T
    return G - np.diag(np.diag(G))


@exercise.mistake("formula")
def covariance(F):
    """You subtracted each filter's mean, which gives a covariance: equation (6) takes F as it is."""
    D = F - F.mean(axis=1, keepdims=True)
    return D @ D.T


@exercise.mistake("formula")
def covariance_as_numpy_has_it(F):
    """This is `np.cov`: it subtracts each filter's mean and divides by M - 1. Equation (6) does neither."""
    D = F - F.mean(axis=1, keepdims=True)
    return D @ D.T / (F.shape[1] - 1)


@exercise.mistake("formula")
def correlations(F):
    """These are correlations, as `np.corrcoef` has them: equation (6) subtracts no mean and divides by no length."""
    D = F - F.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.sum(D * D, axis=1))
    return D @ D.T / np.outer(lengths, lengths)


@exercise.mistake("formula")
def last_position_only(F):
    """Only the last position counts: is there a `=` in the loop over k where a `+=` is needed?"""
    return np.outer(F[:, -1], F[:, -1])


@exercise.mistake("formula")
def cosines(F):
    """You divided by the lengths of the filters, which gives cosines: equation (6) has the inner products
    themselves."""
    n = np.sqrt(np.sum(F * F, axis=1, keepdims=True))
    return F @ F.T / np.maximum(n * n.T, 1e-12)


@exercise.mistake("part")
def lengths_only(F):
    """You have each filter with itself only, the diagonal: G holds all pairs (i, j) of filters."""
    return np.sum(F * F, axis=1)


@exercise.mistake("unreduced")
def total(F):
    """You summed the matrix to one number: G has an entry for each pair of filters."""
    return np.sum(F @ F.T)


@exercise.mistake("factor")
def halved(F):
    """There is a factor 1/2 too many: equation (6) has none."""
    return 0.5 * F @ F.T


@exercise.mistake("mask")
def rectified(F):
    """Negative values became zero first: no ReLU is wanted here, F comes after it."""
    R = np.maximum(F, 0)
    return R @ R.T


@exercise.mistake("part")
def last_column_missing(F):
    """The last position does not count: k runs over all columns of F, does a loop or a slice end one too early?"""
    return F[:, :-1] @ F[:, :-1].T


@exercise.mistake("formula")
def of_row_sums(F):
    """You multiplied the sums of the rows: equation (6) multiplies at each position first, and sums then."""
    s = F.sum(axis=1)
    return np.outer(s, s)


@exercise.variant
def dot(F):
    return np.dot(F, np.transpose(F))


@exercise.variant
def einsum(F):
    return np.einsum("ik,jk->ij", F, F)


@exercise.variant
def loops(F):
    N, M = F.shape
    G = np.zeros((N, N))
    for i in range(N):
        for j in range(N):
            for k in range(M):
                G[i, j] += F[i, k] * F[j, k]
    return G


@exercise.variant
def half_and_mirror(F):
    G = np.zeros((len(F), len(F)))
    for i in range(len(F)):
        for j in range(i, len(F)):
            G[i, j] = G[j, i] = F[i] @ F[j]
    return G


@exercise.variant
def float32(F):
    F = F.astype(np.float32)
    return np.tensordot(F, F, axes=(1, 1))


@exercise.variant
def nested_lists(F):
    return [[float(np.sum(a * b)) for b in F] for a in F]


@exercise.variant
def outer_sums(F):
    return sum(np.outer(column, column) for column in F.T)


@exercise.variant
def inner(F):
    return np.inner(F, F)
