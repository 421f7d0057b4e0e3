"""content_loss_layer: equation (3). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import pairs
from autograder.exercises.model import EQUAL, SILENT, SQUARE_ONLY, AtWork, Exercise

exercise = Exercise(
    "content_loss_layer",
    pairs,
    limits=(SQUARE_ONLY, EQUAL, SILENT),
    at_work=AtWork("F F", filters=64, positions=16384, calls=137),
)


@exercise.mistake("factor")
def no_half(F, P):
    """The factor 1/2 of equation (3) is missing."""
    return np.sum((F - P) ** 2)


@exercise.mistake("sizes")
def mean(F, P):
    """You averaged: equation (3) sums the squared differences over all i, j."""
    return 0.5 * np.mean((F - P) ** 2)


@exercise.mistake("sizes")
def mean_squared_error(F, P):
    """This is the mean squared error: equation (3) has a sum instead of the mean, and a factor 1/2."""
    return np.mean((F - P) ** 2)


@exercise.mistake("formula")
def not_squared(F, P):
    """The differences are not squared, so that positive and negative ones cancel."""
    return 0.5 * np.sum(F - P)


@exercise.mistake("formula")
def absolute(F, P):
    """You summed absolute differences: equation (3) squares them."""
    return 0.5 * np.sum(np.abs(F - P))


@exercise.mistake("power")
def root(F, P):
    """There is a square root too many: the loss is half the squared distance, not half the distance."""
    return 0.5 * np.sqrt(np.sum((F - P) ** 2))


@exercise.mistake("formula")
def squared_sum(F, P):
    """You squared the sum: square each difference first, then sum."""
    return 0.5 * np.sum(F - P) ** 2


@exercise.mistake("formula")
def difference_of_squares(F, P):
    """You subtracted the squares: subtract first, F - P, and square the difference."""
    return 0.5 * np.sum(F**2 - P**2)


@exercise.mistake("unreduced")
def per_filter(F, P):
    """You have a loss per filter: sum over i and j, to one number."""
    return 0.5 * np.sum((F - P) ** 2, axis=1)


@exercise.mistake("sizes")
def style_factor(F, P):
    """The factor 1/(4 N^2 M^2) belongs to the style loss (7): the content loss (3) has 1/2."""
    N, M = F.shape
    return np.sum((F - P) ** 2) / (4 * N**2 * M**2)


@exercise.mistake("mask")
def positive_part(F, P):
    """Only differences above zero are counted: F below P is as far away as F above P."""
    return 0.5 * np.sum(np.maximum(F - P, 0) ** 2)


@exercise.mistake("sign")
def sum_of_both(F, P):
    """You added F and P: the loss is made of the difference F - P."""
    return 0.5 * np.sum((F + P) ** 2)


@exercise.mistake("formula")
def of_a_matrix_product(F, P):
    """You multiplied F - P by its transpose, which also multiplies different filters with each other: square entry by
    entry (`**` or `*`, not `@`)."""
    D = F - P
    return 0.5 * np.sum(D @ D.T)


@exercise.mistake("mask")
def masked(F, P):
    """The differences count only where F is positive: equation (3) has no mask, all entries count."""
    return 0.5 * np.sum(np.where(F > 0, F - P, 0) ** 2)


@exercise.mistake("part")
def last_column_missing(F, P):
    """The last column does not count: does a loop or a slice end one too early?"""
    return 0.5 * np.sum((F[:, :-1] - P[:, :-1]) ** 2)


@exercise.variant
def matrix_product(F, P):
    D = F - P
    return 0.5 * np.trace(D @ D.T)


@exercise.variant
def einsum(F, P):
    D = F - P
    return np.einsum("ij,ij", D, D) / 2


@exercise.variant
def loops(F, P):
    total = 0
    for i in range(len(F)):
        for j in range(len(F[0])):
            total += (F[i][j] - P[i][j]) ** 2
    return total / 2


@exercise.variant
def norm(F, P):
    return 0.5 * np.linalg.norm(P - F) ** 2


@exercise.variant
def float32_zero_dimensional(F, P):
    return np.asarray(0.5 * np.square(F.astype(np.float32) - P.astype(np.float32)).sum())


@exercise.variant
def warns(F, P):
    import warnings

    warnings.warn("just so")
    return float(np.sum(np.square(np.subtract(P, F))) / 2)
