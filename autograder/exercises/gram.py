"""Notebook 03: Gram matrices."""

from .content import LAYERS, features, shapes_of
from .model import SQUARE_ONLY, Exercise, Inputs, Known, Limit, distinct, grid, matrix_shapes


def matrices(rng):
    """One feature matrix F."""
    for shape, about, tags, scale, dtype in matrix_shapes(rng):
        yield Inputs((grid(rng, *shape, scale=scale, dtype=dtype),), about, tags)


def dicts(rng):
    """Features of one layer and of several."""
    names = [LAYERS[i] for i in distinct(rng, 0, len(LAYERS), 4)]
    shapes = shapes_of(rng, 4)
    for count, about in ((1, "one layer"), (2, "two layers"), (4, "four layers")):
        tags = frozenset({"several"} if count > 1 else {"one layer"})
        yield Inputs((features(rng, names[:count], shapes[:count]),), about, tags)
    yield Inputs((features(rng, names[:3], [shapes[0]] * 3),), "three layers of one shape", frozenset({"several"}))


GRAM_MATRIX = Exercise(
    "gram_matrix",
    matrices,
    (
        Known(
            "positions",
            "axes",
            "return F.T @ F",
            "You multiplied positions with positions: G_ij sums over the positions k, so the filters remain. The order is "
            "F times its transpose.",
        ),
        Known(
            "divided_by_positions",
            "sizes",
            "return F @ F.T / F.shape[1]",
            "You divided by the number of positions M: equation (6) is a plain sum, the factors come with the loss (7).",
        ),
        Known(
            "divided_by_size",
            "sizes",
            "return F @ F.T / F.size",
            "You divided by N*M, as many programs do: equation (6) is a plain sum, the factors come with the loss (7).",
        ),
        Known(
            "entrywise",
            "formula",
            "return F * F",
            "You squared each entry: `*` multiplies entry by entry. G_ij is the inner product of rows i and j (`@`).",
        ),
        Known(
            "square_product",
            "square",
            "return F @ F",
            "You multiplied F with F itself, which works for square F only, and gives other numbers: the second factor is "
            "the transpose.",
        ),
        Known(
            "upper_triangle",
            "edge",
            "return np.triu(F @ F.T)",
            "The lower triangle is zero: G is symmetric, and G_ij is wanted for i > j, too.",
        ),
        Known(
            "no_diagonal",
            "edge",
            "G = F @ F.T\nreturn G - np.diag(np.diag(G))",
            "The diagonal is zero: a filter is multiplied with itself as well, G_ii is its squared length.",
        ),
        Known(
            "covariance",
            "formula",
            "D = F - F.mean(axis=1, keepdims=True)\nreturn D @ D.T",
            "You subtracted each filter's mean, which gives a covariance: equation (6) takes F as it is.",
        ),
        Known(
            "cosines",
            "formula",
            "n = np.sqrt(np.sum(F * F, axis=1, keepdims=True))\nreturn F @ F.T / np.maximum(n * n.T, 1e-12)",
            "You divided by the lengths of the filters, which gives cosines: equation (6) has the inner products themselves.",
        ),
        Known(
            "lengths_only",
            "unreduced",
            "return np.sum(F * F, axis=1)",
            "You have each filter with itself only, the diagonal: G holds all pairs (i, j) of filters.",
        ),
        Known(
            "total",
            "unreduced",
            "return np.sum(F @ F.T)",
            "You summed the matrix to one number: G has an entry for each pair of filters.",
        ),
        Known(
            "halved",
            "factor",
            "return 0.5 * F @ F.T",
            "There is a factor 1/2 too many: equation (6) has none.",
        ),
        Known(
            "rectified",
            "mask",
            "R = np.maximum(F, 0)\nreturn R @ R.T",
            "Negative values became zero first: no ReLU is wanted here, F comes after it.",
        ),
    ),
    {
        "dot": "return np.dot(F, np.transpose(F))",
        "einsum": "return np.einsum('ik,jk->ij', F, F)",
        "loops": "N, M = F.shape\nG = np.zeros((N, N))\nfor i in range(N):\n    for j in range(N):\n        for k in range(M):\n"
        "            G[i, j] += F[i, k] * F[j, k]\nreturn G",
        "half_and_mirror": "G = np.zeros((len(F), len(F)))\nfor i in range(len(F)):\n    for j in range(i, len(F)):\n"
        "        G[i, j] = G[j, i] = F[i] @ F[j]\nreturn G",
        "float32": "F = F.astype(np.float32)\nreturn np.tensordot(F, F, axes=(1, 1))",
        "nested_lists": "return [[float(np.sum(a * b)) for b in F] for a in F]",
        "outer_sums": "return sum(np.outer(column, column) for column in F.T)",
        "inner": "return np.inner(F, F)",
    },
    (SQUARE_ONLY,),
)

GRAM_MATRICES = Exercise(
    "gram_matrices",
    dicts,
    (
        Known(
            "list",
            "container",
            "return [gram_matrix(F) for F in features.values()]",
            "You returned a list, which forgets the layers' names: return a dict, layer -> Gram matrix.",
        ),
        Known(
            "tuples",
            "container",
            "return [(layer, gram_matrix(F)) for layer, F in features.items()]",
            "You returned a list of pairs: return a dict, layer -> Gram matrix (`dict(pairs)` makes one).",
        ),
        Known(
            "last_layer",
            "layers",
            "for layer, F in features.items():\n    grams = {layer: gram_matrix(F)}\nreturn grams",
            "Only the last layer is there: a new dict is made in each pass of the loop. Make it once, before the loop.",
        ),
        Known(
            "first_layer",
            "layers",
            "grams = {}\nfor layer, F in features.items():\n    grams[layer] = gram_matrix(F)\n    return grams",
            "Only the first layer is there: `return` stands inside the loop. Move it out.",
        ),
        Known(
            "numbered",
            "container",
            "return {i: gram_matrix(F) for i, F in enumerate(features.values())}",
            "The keys are numbers: use the layers' names, the keys of features.",
        ),
        Known(
            "one_for_all",
            "layers",
            "F = list(features.values())[-1]\nreturn {layer: gram_matrix(F) for layer in features}",
            "All layers have the Gram matrix of the last one: use each layer's own features[layer].",
        ),
        Known(
            "features_kept",
            "formula",
            "return dict(features)",
            "These are the features themselves: apply gram_matrix to each.",
        ),
        Known(
            "in_place",
            "in_place",
            "for layer in features:\n    features[layer] = gram_matrix(features[layer])\nreturn features",
            "The matrices are right, but you wrote them into the argument, so that the features are lost: fill a new dict.",
        ),
        Known(
            "averaged",
            "weights",
            "return {layer: gram_matrix(F) / len(features) for layer, F in features.items()}",
            "You divided by the number of layers: that weight belongs to the style loss (8), not to the Gram matrices.",
        ),
    ),
    {
        "loop": "grams = {}\nfor layer in features:\n    grams[layer] = gram_matrix(features[layer])\nreturn grams",
        "without_parts": "return {layer: F @ F.T for layer, F in features.items()}",
        "other_order": "return {layer: gram_matrix(features[layer]) for layer in sorted(features, reverse=True)}",
        "ordered_dict": "from collections import OrderedDict\nreturn OrderedDict((l, gram_matrix(F)) for l, F in features.items())",
        "map": "print('layers:', *features)\nreturn dict(zip(features, map(gram_matrix, features.values())))",
    },
    (
        Limit(
            "one_layer_only",
            "layers",
            "several",
            "Right for one layer, wrong for several: look at the loop over the layers.",
        ),
    ),
    parts=("gram_matrix",),
)

EXERCISES = (GRAM_MATRIX, GRAM_MATRICES)
