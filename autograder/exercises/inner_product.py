"""inner_product: the inner product of section 2. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import pairs
from autograder.exercises.model import EQUAL, SILENT, SQUARE_ONLY, AtWork, Exercise

exercise = Exercise(
    "inner_product",
    pairs,
    limits=(SQUARE_ONLY, EQUAL, SILENT),
    at_work=AtWork("F F", filters=64, positions=16384, calls=11),
)


@exercise.mistake("unreduced")
def not_summed(F, P):
    """These are the products F_ij P_ij, not yet added up: sum over i and j, to one number."""
    return F * P


@exercise.mistake("unreduced")
def one_axis(F, P):
    """You summed along one axis and have a number per filter: sum over both i and j."""
    return np.sum(F * P, axis=1)


@exercise.mistake("formula")
def matrix_product(F, P):
    """This is a matrix product, all filters with all filters: multiply entry by entry, then sum to one number."""
    return F @ P.T


@exercise.mistake("formula")
def sum_of_matrix_product(F, P):
    """You summed a whole matrix product, which also multiplies different filters with each other: multiply entry by
    entry (`*`, not `@`)."""
    return np.sum(F @ P.T)


@exercise.mistake("sizes")
def mean(F, P):
    """This is the mean of the products: section 2 asks for their sum."""
    return np.mean(F * P)


@exercise.mistake("formula")
def cosine(F, P):
    """This is the cosine of the angle: do not divide by the norms of F and P."""
    return np.sum(F * P) / np.sqrt(np.sum(F**2) * np.sum(P**2))


@exercise.mistake("formula")
def product_of_sums(F, P):
    """You multiplied the two sums: multiply entry by entry first, and sum the products."""
    return np.sum(F) * np.sum(P)


@exercise.mistake("sign")
def absolute(F, P):
    """The signs are gone: an inner product may be negative, so take no absolute values."""
    return np.sum(np.abs(F * P))


@exercise.mistake("formula")
def with_itself(F, P):
    """This is the inner product of F with itself: the second factor is P."""
    return np.sum(F * F)


@exercise.mistake("factor")
def halved(F, P):
    """There is a factor 1/2 too many: it belongs to the content loss, not to the inner product."""
    return 0.5 * np.sum(F * P)


@exercise.mistake("formula")
def added(F, P):
    """You added the entries of F and P: multiply those that stand at the same place, then sum."""
    return np.sum(F + P)


@exercise.mistake("part")
def first_product_only(F, P):
    """This is the first product only: does the `return` stand inside the loop?"""
    return F[0, 0] * P[0, 0]


@exercise.mistake("part")
def first_row_only(F, P):
    """Only the first row of F and P counts: does the `return` stand inside a loop?"""
    return np.sum(F[0] * P[0])


@exercise.mistake("part")
def last_column_missing(F, P):
    """The last column is missing: `range(n)` ends at n - 1 by itself."""
    return np.sum(F[:, :-1] * P[:, :-1])


@exercise.mistake("formula")
def centred(F, P):
    """You subtracted the means first: an inner product takes F and P as they are."""
    return np.sum((F - F.mean()) * (P - P.mean()))


@exercise.variant
def einsum(F, P):
    return np.einsum("ij,ij", F, P)


@exercise.variant
def vdot(F, P):
    return np.vdot(F, P)


@exercise.variant
def trace(F, P):
    return np.trace(F @ P.T)


@exercise.variant
def loops(F, P):
    total = 0.0
    for i in range(F.shape[0]):
        for j in range(F.shape[1]):
            total += F[i, j] * P[i, j]
    return total


@exercise.variant
def float32_zero_dimensional(F, P):
    return np.array(np.sum(F.astype(np.float32) * P.astype(np.float32)))


@exercise.variant
def python_float_backwards(F, P):
    return float(sum((F * P).ravel()[::-1]))
