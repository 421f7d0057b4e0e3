"""style_gradient: equation (9), corrected. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import matrices_and_grams
from autograder.exercises.model import EQUAL, SILENT, SQUARE_ONLY, AtWork, Exercise

exercise = Exercise(
    "style_gradient",
    matrices_and_grams,
    parts=("gram_matrix",),
    limits=(SQUARE_ONLY, EQUAL, SILENT),
    at_work=AtWork("F A", filters=64, positions=29376, calls=489),
)


@exercise.mistake("printed")
def as_printed(F, A):
    """This is equation (9) as the note prints it, the transpose of what is right: entry (i, j) of the gradient
    belongs to F_ij, so it has the shape of F. Which order of (G - A) and F gives that?"""
    N, M = F.shape
    return F.T @ (gram_matrix(F) - A) / (N**2 * M**2)


@exercise.mistake("sign")
def sign(F, A):
    """The sign is reversed: does the loss grow or shrink when G exceeds A and grows?"""
    N, M = F.shape
    return (A - gram_matrix(F)) @ F / (N**2 * M**2)


@exercise.mistake("sizes")
def no_factor(F, A):
    """The factor 1/(N^2 M^2) is missing."""
    return (gram_matrix(F) - A) @ F


@exercise.mistake("factor")
def quarter_kept(F, A):
    """The 4 of equation (7) is still there: differentiating the square gives 2, and F occurs twice in G, which
    gives another 2."""
    N, M = F.shape
    return (gram_matrix(F) - A) @ F / (4 * N**2 * M**2)


@exercise.mistake("factor")
def half_kept(F, A):
    """There is a factor 1/2 too many: F occurs twice in G_ij = sum F_ik F_jk, and both places count."""
    N, M = F.shape
    return (gram_matrix(F) - A) @ F / (2 * N**2 * M**2)


@exercise.mistake("sizes")
def no_filters_squared(F, A):
    """N^2 is missing in the denominator: N is the number of filters, the rows of F."""
    N, M = F.shape
    return (gram_matrix(F) - A) @ F / M**2


@exercise.mistake("sizes")
def no_positions_squared(F, A):
    """M^2 is missing in the denominator: M is the number of positions, the columns of F."""
    N, M = F.shape
    return (gram_matrix(F) - A) @ F / N**2


@exercise.mistake("sizes")
def not_squared_sizes(F, A):
    """N and M are not squared in the denominator."""
    N, M = F.shape
    return (gram_matrix(F) - A) @ F / (N * M)


@exercise.mistake("sizes")
def sizes_of_gram(F, A):
    """You took N and M from A, which is N by N: M is the number of columns of F."""
    N, M = A.shape
    return (gram_matrix(F) - A) @ F / (N**2 * M**2)


@exercise.mistake("mask")
def masked(F, A):
    """The gradient is zero where F is not positive: the ReLU mask of Gatys et al. belongs to the values before the
    ReLU, and the helper applies it. Leave it out."""
    N, M = F.shape
    return (gram_matrix(F) - A) @ F / (N**2 * M**2) * (F > 0)


@exercise.mistake("formula")
def derivative_of_gram(F, A):
    """This is (up to a factor) the derivative with respect to G: go on to F with the chain rule, which gives a
    product with F."""
    N, M = F.shape
    return (gram_matrix(F) - A) / (N**2 * M**2)


@exercise.mistake("formula")
def without_style(F, A):
    """A does not occur: it is the difference G - A that is multiplied with F."""
    N, M = F.shape
    return gram_matrix(F) @ F / (N**2 * M**2)


@exercise.mistake("formula")
def gram_of_gram(F, A):
    """You made a Gram matrix of A: A is one already, that of the style image."""
    N, M = F.shape
    return (gram_matrix(F) - gram_matrix(A)) @ F / (N**2 * M**2)


@exercise.mistake("square")
def content_like(F, A):
    """You subtracted A from F, as in the content gradient (5): A is to be compared with the Gram matrix of F."""
    N, M = F.shape
    return (F - A) / (N**2 * M**2)


@exercise.mistake("sign")
def sum_of_both(F, A):
    """You added A to G: it is the difference G - A that is multiplied with F."""
    N, M = F.shape
    return (gram_matrix(F) + A) @ F / (N**2 * M**2)


@exercise.mistake("formula")
def still_squared(F, A):
    """G - A is still squared: differentiating a square leaves the difference itself, times 2."""
    N, M = F.shape
    return (gram_matrix(F) - A) ** 2 @ F / (N**2 * M**2)


@exercise.mistake("part")
def to_the_gram_matrix(F, A):
    """This is the derivative with respect to G, an (N, N): the chain rule goes on, from G to F."""
    N, M = F.shape
    return (gram_matrix(F) - A) / (2 * N**2 * M**2)


@exercise.variant
def without_parts(F, A):
    N, M = F.shape
    return (F @ F.T - A) @ F / (N**2 * M**2)


@exercise.variant
def transposed_twice(F, A):
    N, M = F.shape
    return (F.T @ (gram_matrix(F) - A)).T / (N * M) ** 2


@exercise.variant
def einsum(F, A):
    D = gram_matrix(F) - A
    return np.einsum("ij,jk->ik", D, F) / F.size**2


@exercise.variant
def loops(F, A):
    N, M = F.shape
    D = gram_matrix(F) - A
    out = np.zeros((N, M))
    for i in range(N):
        for k in range(M):
            for j in range(N):
                out[i, k] += D[i, j] * F[j, k]
    return out / N**2 / M**2


@exercise.variant
def both_terms(F, A):
    N, M = F.shape
    D = gram_matrix(F) - A
    return 2 * (D @ F + D.T @ F) / (4 * N**2 * M**2)


@exercise.variant
def float32_lists(F, A):
    N, M = F.shape
    F, A = F.astype(np.float32), np.float32(A)
    return ((F @ F.T - A) @ F / np.float32(N**2 * M**2)).tolist()
