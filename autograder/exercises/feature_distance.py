"""feature_distance: the norm that the inner product induces. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import pairs
from autograder.exercises.model import EQUAL, SILENT, SQUARE_ONLY, AtWork, Exercise, PartCall


def part_calls(F: np.ndarray, P: np.ndarray) -> list[PartCall]:
    """Other ways to the distance: from P to F, and by expanding the square."""
    return [("inner_product", pair) for pair in ((F, P), (P - F, P - F), (F, F), (P, P))]


exercise = Exercise(
    "feature_distance",
    pairs,
    parts=("inner_product",),
    part_calls=part_calls,
    limits=(SQUARE_ONLY, EQUAL, SILENT),
    at_work=AtWork("F F", filters=64, positions=16384, calls=9),
)


@exercise.mistake("power")
def squared(F, P):
    """This is the square of the distance: the norm is the square root of the inner product of F - P with itself."""
    return np.sum((F - P) ** 2)


@exercise.mistake("formula")
def absolute_sum(F, P):
    """This sums absolute differences, which is another norm: square, sum, and take the root."""
    return np.sum(np.abs(F - P))


@exercise.mistake("sign")
def sum_of_both(F, P):
    """You took the norm of F + P: a distance is the norm of the difference F - P."""
    return np.sqrt(np.sum((F + P) ** 2))


@exercise.mistake("formula")
def difference_of_norms(F, P):
    """You subtracted the lengths of F and P: subtract the matrices first, then take the norm."""
    return np.sqrt(np.sum(F**2)) - np.sqrt(np.sum(P**2))


@exercise.mistake("formula")
def difference_of_lengths(F, P):
    """You took how much the lengths of F and P differ: subtract the matrices first, then take the norm."""
    return np.abs(np.sqrt(np.sum(F**2)) - np.sqrt(np.sum(P**2)))


@exercise.mistake("sizes")
def root_mean_square(F, P):
    """There is a mean under the root: the inner product is a sum over all entries."""
    return np.sqrt(np.mean((F - P) ** 2))


@exercise.mistake("formula")
def spectral(F, P):
    """`np.linalg.norm(..., 2)` of a matrix is its largest singular value: the norm of this inner product squares
    and sums all entries."""
    return np.linalg.norm(F - P, 2)


@exercise.mistake("formula")
def largest(F, P):
    """This is the largest difference: all entries count, squared and summed."""
    return np.max(np.abs(F - P))


@exercise.mistake("unreduced")
def per_filter(F, P):
    """You have a distance per filter: sum over both axes before the root, to one number."""
    return np.sqrt(np.sum((F - P) ** 2, axis=1))


@exercise.mistake("unreduced")
def per_position(F, P):
    """You have a distance per position: sum over both axes before the root, to one number."""
    return np.sqrt(np.sum((F - P) ** 2, axis=0))


@exercise.mistake("formula")
def sum_of_row_distances(F, P):
    """You took the distance of each two rows and added these up: sum all squares first, then take one root."""
    return np.sum(np.sqrt(np.sum((F - P) ** 2, axis=1)))


@exercise.mistake("formula")
def root_of_a_negative(F, P):
    """You took the root of the inner product of F and P, which may be negative: it is F - P that goes into both
    places."""
    return np.sqrt(np.sum(F * P))


@exercise.mistake("formula")
def root_of_inner_product(F, P):
    """You took the root of the inner product of F and P: it is F - P that goes into both places."""
    return np.sqrt(np.abs(np.sum(F * P)))


@exercise.mistake("formula")
def root_first(F, P):
    """The root is taken before the sum, which undoes the squares: sum the squares first."""
    return np.sum(np.sqrt((F - P) ** 2)) ** 0.5


@exercise.mistake("part")
def last_column_missing(F, P):
    """The last column does not count: does a loop or a slice end one too early?"""
    return np.sqrt(np.sum((F[:, :-1] - P[:, :-1]) ** 2))


@exercise.mistake("formula")
def term_missing(F, P):
    """Multiplied out, the square of F - P has three terms: which one is missing under your root?"""
    return np.sqrt(np.sum(F * F) - 2 * np.sum(F * P))


@exercise.variant
def norm(F, P):
    return np.linalg.norm(F - P)


@exercise.variant
def own_inner_product(F, P):
    return np.sqrt(inner_product(F - P, F - P))


@exercise.variant
def einsum(F, P):
    D = F - P
    return np.einsum("ij,ij->", D, D) ** 0.5


@exercise.variant
def loops(F, P):
    total = 0.0
    for f, p in zip(F.ravel(), P.ravel()):
        total += (f - p) ** 2
    return total**0.5


@exercise.variant
def expanded(F, P):
    return np.sqrt(np.sum(F * F) - 2 * np.sum(F * P) + np.sum(P * P))


@exercise.variant
def float32(F, P):
    D = (F - P).astype("float32")
    return np.sqrt((D * D).sum())


@exercise.variant
def from_the_other_side(F, P):
    return float(np.linalg.norm((P - F).ravel()))
