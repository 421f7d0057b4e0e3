"""Notebook 01: activations as matrices, and the inner product and distance of two of them."""

import numpy as np

from .model import SQUARE_ONLY, Exercise, Inputs, Known, Limit, distinct, grid, matrix_shapes


def activations(rng):
    """Activations (H, W, N), signed so that any clipping shows."""
    height, width, filters = distinct(rng, 2, 6, 3)
    side = int(rng.integers(2, 5))
    shapes = [
        ((height, width, filters), "an activation of shape {}", {"H != W"}, 1.0, float),
        ((width, height, filters + 1), "an activation of shape {}", {"H != W"}, 1.0, float),
        ((side, side, side + 1), "a square activation of shape {}", {"H = W"}, 1.0, float),
        ((2, 1, filters + 6), "more filters than positions, in shape {}", {"H != W", "N > M"}, 1.0, float),
        ((height, width, 1), "one filter, in shape {}", {"H != W"}, 1.0, float),
        ((1, 1, filters), "one position, in shape {}", {"H = W"}, 1.0, float),
        ((6, 7, 5), "float32 values of shape {}", {"H != W"}, 1.0, np.float32),
        ((height + 1, width + 2, filters), "large values of shape {}", {"H != W"}, 1024.0, float),
    ]
    for shape, about, tags, scale, dtype in shapes:
        yield Inputs((grid(rng, *shape, scale=scale, dtype=dtype),), about.format(shape), frozenset(tags))


def pairs(rng):
    """Two feature matrices (F, P) of one shape."""
    for shape, about, tags, scale, dtype in matrix_shapes(rng):
        args = tuple(grid(rng, *shape, scale=scale, dtype=dtype) for _ in "FP")
        yield Inputs(args, about, tags)


FEATURE_MATRIX = Exercise(
    "feature_matrix",
    activations,
    (
        Known(
            "reshape_only",
            "axes",
            "H, W, N = activation.shape\nreturn activation.reshape(N, H * W)",
            "The shape is right, but the numbers were only poured into it: reshape keeps the order in memory, in which "
            "the filters of one position stand side by side. Bring the filter axis to the front first.",
        ),
        Known(
            "positions_as_rows",
            "axes",
            "H, W, N = activation.shape\nreturn activation.reshape(H * W, N)",
            "Your rows are positions and your columns filters: row i must hold filter i. Transpose the result.",
        ),
        Known(
            "column_order",
            "axes",
            "return activation.T.reshape(activation.shape[2], -1)",
            "The filters are right, but the positions run down the columns of the picture: `activation.T` swaps height "
            "and width as well. Position k is row k // W and column k % W.",
        ),
        Known(
            "not_flattened",
            "unreduced",
            "return np.transpose(activation, (2, 0, 1))",
            "Each filter is still a picture, (N, H, W): flatten height and width into one axis of H*W positions.",
        ),
        Known(
            "upside_down",
            "axes",
            "N = activation.shape[2]\nreturn activation[::-1].reshape(-1, N).T",
            "The rows of the picture are in reverse order: position 0 is the first row and first column.",
        ),
        Known(
            "filters_reversed",
            "axes",
            "N = activation.shape[2]\nreturn activation[..., ::-1].reshape(-1, N).T",
            "The filters are in reverse order (as when RGB is turned into BGR): row i must be filter i.",
        ),
        Known(
            "rectified",
            "mask",
            "N = activation.shape[2]\nreturn np.maximum(activation, 0).reshape(-1, N).T",
            "Negative values became zero: no ReLU is wanted here, each number only moves to another place.",
        ),
        Known(
            "normalised",
            "formula",
            "F = activation.reshape(-1, activation.shape[2]).T\nreturn F / np.abs(F).max()",
            "The values are divided by their largest: do not scale or normalise, each number only moves.",
        ),
        Known(
            "centred",
            "formula",
            "F = activation.reshape(-1, activation.shape[2]).T\nreturn F - F.mean(axis=1, keepdims=True)",
            "Each filter's mean is subtracted: keep the values as they are, each number only moves.",
        ),
        Known(
            "first_row_only",
            "unreduced",
            "return activation[0].T",
            "Only the first row of positions is there: all H*W positions belong into each row of F.",
        ),
    ),
    {
        "transpose_then_reshape": "H, W, N = activation.shape\nreturn np.transpose(activation, (2, 0, 1)).reshape(N, H * W)",
        "moveaxis": "return np.moveaxis(activation, -1, 0).reshape(np.shape(activation)[-1], -1)",
        "loops": "H, W, N = activation.shape\nF = np.zeros((N, H * W))\nfor i in range(N):\n    for k in range(H * W):\n"
        "        F[i, k] = activation[k // W, k % W, i]\nreturn F",
        "list_of_filters": "return [activation[:, :, i].ravel().tolist() for i in range(activation.shape[-1])]",
        "einsum": "return np.einsum('hwn->nhw', activation).reshape(activation.shape[2], -1)",
        "float32_and_prints": "print('shape', activation.shape)\nreturn np.stack([activation[..., i].flatten() "
        "for i in range(activation.shape[2])]).astype(np.float32)",
    },
    (
        Limit(
            "square_pictures_only",
            "square",
            "H != W",
            "Right for square pictures only: height and width are confused. Position k is row k // W and column k % W.",
        ),
    ),
)

INNER_PRODUCT = Exercise(
    "inner_product",
    pairs,
    (
        Known(
            "not_summed",
            "unreduced",
            "return F * P",
            "These are the products F_ij P_ij, not yet added up: sum over i and j, to one number.",
        ),
        Known(
            "one_axis",
            "unreduced",
            "return np.sum(F * P, axis=1)",
            "You summed along one axis and have a number per filter: sum over both i and j.",
        ),
        Known(
            "matrix_product",
            "formula",
            "return F @ P.T",
            "This is a matrix product, all filters with all filters: multiply entry by entry, then sum to one number.",
        ),
        Known(
            "sum_of_matrix_product",
            "formula",
            "return np.sum(F @ P.T)",
            "You summed a whole matrix product, which also multiplies different filters with each other: multiply entry "
            "by entry (`*`, not `@`).",
        ),
        Known(
            "mean",
            "sizes",
            "return np.mean(F * P)",
            "This is the mean of the products: section 2 asks for their sum.",
        ),
        Known(
            "cosine",
            "formula",
            "return np.sum(F * P) / np.sqrt(np.sum(F**2) * np.sum(P**2))",
            "This is the cosine of the angle: do not divide by the norms of F and P.",
        ),
        Known(
            "product_of_sums",
            "formula",
            "return np.sum(F) * np.sum(P)",
            "You multiplied the two sums: multiply entry by entry first, and sum the products.",
        ),
        Known(
            "absolute",
            "sign",
            "return np.sum(np.abs(F * P))",
            "The signs are gone: an inner product may be negative, so take no absolute values.",
        ),
        Known(
            "with_itself",
            "formula",
            "return np.sum(F * F)",
            "This is the inner product of F with itself: the second factor is P.",
        ),
        Known(
            "halved",
            "factor",
            "return 0.5 * np.sum(F * P)",
            "There is a factor 1/2 too many: it belongs to the content loss, not to the inner product.",
        ),
    ),
    {
        "einsum": "return np.einsum('ij,ij', F, P)",
        "vdot": "return np.vdot(F, P)",
        "trace": "return np.trace(F @ P.T)",
        "loops": "total = 0.0\nfor i in range(F.shape[0]):\n    for j in range(F.shape[1]):\n"
        "        total += F[i, j] * P[i, j]\nreturn total",
        "float32_zero_dimensional": "return np.array(np.sum(F.astype(np.float32) * P.astype(np.float32)))",
        "python_float_backwards": "return float(sum((F * P).ravel()[::-1]))",
    },
    (SQUARE_ONLY,),
)

FEATURE_DISTANCE = Exercise(
    "feature_distance",
    pairs,
    (
        Known(
            "squared",
            "factor",
            "return np.sum((F - P) ** 2)",
            "This is the square of the distance: the norm is the square root of the inner product of F - P with itself.",
        ),
        Known(
            "absolute_sum",
            "formula",
            "return np.sum(np.abs(F - P))",
            "This sums absolute differences, which is another norm: square, sum, and take the root.",
        ),
        Known(
            "sum_of_both",
            "sign",
            "return np.sqrt(np.sum((F + P) ** 2))",
            "You took the norm of F + P: a distance is the norm of the difference F - P.",
        ),
        Known(
            "difference_of_norms",
            "formula",
            "return np.sqrt(np.sum(F**2)) - np.sqrt(np.sum(P**2))",
            "You subtracted the lengths of F and P: subtract the matrices first, then take the norm.",
        ),
        Known(
            "root_mean_square",
            "sizes",
            "return np.sqrt(np.mean((F - P) ** 2))",
            "There is a mean under the root: the inner product is a sum over all entries.",
        ),
        Known(
            "spectral",
            "formula",
            "return np.linalg.norm(F - P, 2)",
            "`np.linalg.norm(..., 2)` of a matrix is its largest singular value: the norm of this inner product squares "
            "and sums all entries.",
        ),
        Known(
            "largest",
            "formula",
            "return np.max(np.abs(F - P))",
            "This is the largest difference: all entries count, squared and summed.",
        ),
        Known(
            "per_filter",
            "unreduced",
            "return np.sqrt(np.sum((F - P) ** 2, axis=1))",
            "You have a distance per filter: sum over both axes before the root, to one number.",
        ),
        Known(
            "root_of_inner_product",
            "formula",
            "return np.sqrt(np.abs(np.sum(F * P)))",
            "You took the root of the inner product of F and P: it is F - P that goes into both places.",
        ),
        Known(
            "root_first",
            "formula",
            "return np.sum(np.sqrt((F - P) ** 2)) ** 0.5",
            "The root is taken before the sum, which undoes the squares: sum the squares first.",
        ),
    ),
    {
        "norm": "return np.linalg.norm(F - P)",
        "own_inner_product": "return np.sqrt(inner_product(F - P, F - P))",
        "einsum": "D = F - P\nreturn np.einsum('ij,ij->', D, D) ** 0.5",
        "loops": "total = 0.0\nfor f, p in zip(F.ravel(), P.ravel()):\n    total += (f - p) ** 2\nreturn total**0.5",
        "expanded": "return np.sqrt(np.sum(F * F) - 2 * np.sum(F * P) + np.sum(P * P))",
        "float32": "D = (F - P).astype('float32')\nreturn np.sqrt((D * D).sum())",
        "from_the_other_side": "return float(np.linalg.norm((P - F).ravel()))",
    },
    (SQUARE_ONLY,),
    parts=("inner_product",),
    part_calls=lambda F, P: [
        ("inner_product", (F, P)),
        ("inner_product", (P - F, P - F)),
        ("inner_product", (F, F)),
        ("inner_product", (P, P)),
    ],
)

EXERCISES = (FEATURE_MATRIX, INNER_PRODUCT, FEATURE_DISTANCE)
