"""content_gradient: equation (5). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import pairs
from autograder.exercises.model import EQUAL, SILENT, SQUARE_ONLY, AtWork, Exercise

exercise = Exercise(
    "content_gradient",
    pairs,
    limits=(SQUARE_ONLY, EQUAL, SILENT),
    at_work=AtWork("F F", filters=64, positions=16384, calls=137),
)


@exercise.mistake("sign")
def sign(F, P):
    """The sign is reversed: does the loss grow or shrink when an entry of F that exceeds P grows?"""
    return P - F


@exercise.mistake("factor")
def twice(F, P):
    """There is a factor 2 too many: it cancels against the 1/2 of equation (3)."""
    return 2 * (F - P)


@exercise.mistake("factor")
def half(F, P):
    """There is a factor 1/2 left: it cancels when the square is differentiated."""
    return 0.5 * (F - P)


@exercise.mistake("mask")
def masked(F, P):
    """The gradient is zero where F is not positive: the ReLU mask of Gatys et al. belongs to the values before the
    ReLU, and the helper applies it. Equation (5) has none."""
    return (F - P) * (F > 0)


@exercise.mistake("mask")
def mask_of_difference(F, P):
    """Negative entries became zero: where F is below P the gradient is negative."""
    return np.maximum(F - P, 0)


@exercise.mistake("sign")
def absolute(F, P):
    """The signs are gone: the sign of F - P says in which direction the loss grows."""
    return np.abs(F - P)


@exercise.mistake("formula")
def signs_only(F, P):
    """Only signs are left: that is the derivative of the absolute difference, not of its square."""
    return np.sign(F - P)


@exercise.mistake("sizes")
def mean(F, P):
    """You divided by the number of entries: the loss is a sum, and so its derivative has no such factor."""
    return (F - P) / F.size


@exercise.mistake("formula")
def squared(F, P):
    """These are the terms of the loss, not their derivatives: differentiate (F_ij - P_ij)^2 / 2."""
    return (F - P) ** 2


@exercise.mistake("unreduced")
def summed(F, P):
    """You summed to one number: there is a derivative for each entry F_ij, in a matrix like F."""
    return np.sum(F - P)


@exercise.mistake("axes")
def transposed(F, P):
    """The result is transposed: entry (i, j) of the gradient belongs to F_ij."""
    return (F - P).T


@exercise.mistake("in_place")
def in_place(F, P):
    """The first answer is right, but `F -= P` writes into the argument, so that F is lost to whoever called: what
    makes a new array?"""
    F -= P
    return F


@exercise.variant
def subtract(F, P):
    return np.subtract(F, P)


@exercise.variant
def loops(F, P):
    G = np.empty(F.shape)
    for i in range(F.shape[0]):
        for j in range(F.shape[1]):
            G[i, j] = F[i, j] - P[i, j]
    return G


@exercise.variant
def nested_lists(F, P):
    return [[f - p for f, p in zip(row, other)] for row, other in zip(F.tolist(), P.tolist())]


@exercise.variant
def float32(F, P):
    return F.astype(np.float32) - P.astype(np.float32)


@exercise.variant
def copy(F, P):
    G = np.array(F, copy=True)
    G -= P
    return G
