"""style_loss_layer: equation (7). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import matrices_and_grams
from autograder.exercises.model import EQUAL, SILENT, SQUARE_ONLY, AtWork, Exercise

exercise = Exercise(
    "style_loss_layer",
    matrices_and_grams,
    parts=("gram_matrix",),
    limits=(SQUARE_ONLY, EQUAL, SILENT),
    at_work=AtWork("F A", filters=64, positions=58560, calls=265),
)


@exercise.mistake("factor")
def no_quarter(F, A):
    """The 4 in the denominator of equation (7) is missing."""
    N, M = F.shape
    return np.sum((gram_matrix(F) - A) ** 2) / (N**2 * M**2)


@exercise.mistake("factor")
def half(F, A):
    """There is a 1/2 where equation (7) has 1/4: the 1/2 belongs to the content loss (3)."""
    N, M = F.shape
    return np.sum((gram_matrix(F) - A) ** 2) / (2 * N**2 * M**2)


@exercise.mistake("sizes")
def no_factor(F, A):
    """The whole factor 1/(4 N^2 M^2) of equation (7) is missing."""
    return np.sum((gram_matrix(F) - A) ** 2)


@exercise.mistake("sizes")
def no_filters_squared(F, A):
    """N^2 is missing in the denominator: N is the number of filters, the rows of F."""
    N, M = F.shape
    return np.sum((gram_matrix(F) - A) ** 2) / (4 * M**2)


@exercise.mistake("sizes")
def no_positions_squared(F, A):
    """M^2 is missing in the denominator: M is the number of positions, the columns of F."""
    N, M = F.shape
    return np.sum((gram_matrix(F) - A) ** 2) / (4 * N**2)


@exercise.mistake("sizes")
def not_squared_sizes(F, A):
    """N and M are not squared in the denominator of equation (7)."""
    N, M = F.shape
    return np.sum((gram_matrix(F) - A) ** 2) / (4 * N * M)


@exercise.mistake("sizes")
def mean(F, A):
    """You averaged over i, j: equation (7) has a sum, and its factor already holds N^2."""
    N, M = F.shape
    return np.mean((gram_matrix(F) - A) ** 2) / (4 * N**2 * M**2)


@exercise.mistake("sizes")
def sizes_of_gram(F, A):
    """You took N and M from A, which is N by N: M is the number of columns of F."""
    N, M = A.shape
    return np.sum((gram_matrix(F) - A) ** 2) / (4 * N**2 * M**2)


@exercise.mistake("formula")
def gram_of_gram(F, A):
    """You made a Gram matrix of A: A is one already, that of the style image."""
    N, M = F.shape
    return np.sum((gram_matrix(F) - gram_matrix(A)) ** 2) / (4 * N**2 * M**2)


@exercise.mistake("square")
def features_for_gram(F, A):
    """You compared F itself with A, which only fits when F is square: make the Gram matrix of F first."""
    N, M = F.shape
    return np.sum((F - A) ** 2) / (4 * N**2 * M**2)


@exercise.mistake("formula")
def absolute(F, A):
    """You summed absolute differences: equation (7) squares them."""
    N, M = F.shape
    return np.sum(np.abs(gram_matrix(F) - A)) / (4 * N**2 * M**2)


@exercise.mistake("formula")
def squared_sum(F, A):
    """You squared the sum: square each difference G_ij - A_ij first, then sum."""
    N, M = F.shape
    return np.sum(gram_matrix(F) - A) ** 2 / (4 * N**2 * M**2)


@exercise.mistake("power")
def root(F, A):
    """There is a square root too many: equation (7) has the squared distance of G and A."""
    N, M = F.shape
    return np.sqrt(np.sum((gram_matrix(F) - A) ** 2)) / (4 * N**2 * M**2)


@exercise.mistake("sizes")
def divided_gram(F, A):
    """You divided your Gram matrix by N*M, but A is a plain sum: the sizes stand before the whole sum in equation
    (7)."""
    N, M = F.shape
    return np.sum((gram_matrix(F) / (N * M) - A) ** 2) / 4


@exercise.variant
def without_parts(F, A):
    N, M = F.shape
    G = F @ F.T
    return np.sum((G - A) ** 2) / (4 * N**2 * M**2)


@exercise.variant
def size_squared(F, A):
    D = gram_matrix(F) - A
    return np.sum(D * D) / (2 * F.size) ** 2


@exercise.variant
def einsum(F, A):
    D = np.einsum("ik,jk->ij", F, F) - A
    return np.einsum("ij,ij", D, D) / (4.0 * F.shape[0] ** 2 * F.shape[1] ** 2)


@exercise.variant
def loops(F, A):
    N, M = F.shape
    G = gram_matrix(F)
    total = 0.0
    for i in range(N):
        for j in range(N):
            total += (A[i, j] - G[i, j]) ** 2
    return total / 4 / N / N / M / M


@exercise.variant
def normalised_first(F, A):
    N, M = F.shape
    return 0.25 * np.linalg.norm(gram_matrix(F) / (N * M) - A / (N * M)) ** 2


@exercise.variant
def float32_zero_dimensional(F, A):
    N, M = F.shape
    F, A = np.float32(F), np.float32(A)
    return np.asarray(np.sum(np.square(F @ F.T - A)) / np.float32(4 * N**2 * M**2))
