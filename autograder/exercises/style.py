"""Notebook 04: the style loss and its gradient, equations (7) to (9)."""

from .content import LAYERS, features, shapes_of
from .model import SQUARE_ONLY, Exercise, Inputs, Known, Limit, distinct, grid, matrix_shapes


def gram_like(rng, N, scale=1.0, dtype=float):
    """A matrix A that a style image could have: a Gram matrix of other features over other positions."""
    S = grid(rng, N, N + 2, scale=scale)
    return (S @ S.T).astype(dtype)


def matrices_and_grams(rng):
    """(F, A)."""
    for (N, M), about, tags, scale, dtype in matrix_shapes(rng):
        scale = min(scale, 64.0)  # style losses grow with the fourth power
        yield Inputs((grid(rng, N, M, scale=scale, dtype=dtype), gram_like(rng, N, scale, dtype)), about, tags)


def grams(rng, layers, shapes):
    """Layer -> A for features of these shapes."""
    return {layer: gram_like(rng, N) for layer, (N, _) in zip(layers, shapes, strict=True)}


def weighted(rng, layers):
    """Layer -> weight, not summing to 1."""
    return {layer: int(n) / 4 for layer, n in zip(layers, distinct(rng, 1, 9, len(layers)), strict=True)}


def dicts_and_weights(rng):
    """(features_x, style_grams) and (features_x, style_grams, weights)."""
    names = [LAYERS[i] for i in distinct(rng, 0, len(LAYERS), 4)]
    shapes = shapes_of(rng, 4)
    one, two, three, given = (frozenset({tag}) for tag in ("one layer", "several", "several", "weights"))
    yield Inputs((features(rng, names[:1], shapes[:1]), grams(rng, names[:1], shapes[:1])), "one layer", one)
    yield Inputs((features(rng, names[:3], shapes[:3]), grams(rng, names[:3], shapes[:3])), "three layers", two)
    x, A = features(rng, names, shapes), grams(rng, names[1:3], shapes[1:3])
    yield Inputs((x, A), "more layers in features_x than in style_grams", three | {"more in x"})
    x, A = features(rng, names[:3], shapes[:3]), grams(rng, names[:3], shapes[:3])
    w = weighted(rng, names[:3])
    yield Inputs((x, A, w), "weights that do not sum to 1", given | {"several"})
    x, A = features(rng, names[:2], [shapes[0]] * 2), grams(rng, names[:2], [shapes[0]] * 2)
    turned = {layer: x[layer] for layer in reversed(names[:2])}
    yield Inputs((turned, A), "the layers of the two dicts in different order", frozenset({"several", "order"}))
    x, A = features(rng, names[:2], shapes[2:]), grams(rng, names[:2], shapes[2:])
    w = {names[1]: float(rng.integers(3, 6)), names[0]: 0.0}
    yield Inputs((x, A, w), "one weight zero, and the weights in another order", given | {"several"})


STYLE_LOSS_LAYER = Exercise(
    "style_loss_layer",
    matrices_and_grams,
    (
        Known(
            "no_quarter",
            "factor",
            "N, M = F.shape\nreturn np.sum((gram_matrix(F) - A) ** 2) / (N**2 * M**2)",
            "The 4 in the denominator of equation (7) is missing.",
        ),
        Known(
            "half",
            "factor",
            "N, M = F.shape\nreturn np.sum((gram_matrix(F) - A) ** 2) / (2 * N**2 * M**2)",
            "There is a 1/2 where equation (7) has 1/4: the 1/2 belongs to the content loss (3).",
        ),
        Known(
            "no_factor",
            "sizes",
            "return np.sum((gram_matrix(F) - A) ** 2)",
            "The whole factor 1/(4 N^2 M^2) of equation (7) is missing.",
        ),
        Known(
            "no_filters_squared",
            "sizes",
            "N, M = F.shape\nreturn np.sum((gram_matrix(F) - A) ** 2) / (4 * M**2)",
            "N^2 is missing in the denominator: N is the number of filters, the rows of F.",
        ),
        Known(
            "no_positions_squared",
            "sizes",
            "N, M = F.shape\nreturn np.sum((gram_matrix(F) - A) ** 2) / (4 * N**2)",
            "M^2 is missing in the denominator: M is the number of positions, the columns of F.",
        ),
        Known(
            "not_squared_sizes",
            "sizes",
            "N, M = F.shape\nreturn np.sum((gram_matrix(F) - A) ** 2) / (4 * N * M)",
            "N and M are not squared in the denominator of equation (7).",
        ),
        Known(
            "mean",
            "sizes",
            "N, M = F.shape\nreturn np.mean((gram_matrix(F) - A) ** 2) / (4 * N**2 * M**2)",
            "You averaged over i, j: equation (7) has a sum, and its factor already holds N^2.",
        ),
        Known(
            "sizes_of_gram",
            "sizes",
            "N, M = A.shape\nreturn np.sum((gram_matrix(F) - A) ** 2) / (4 * N**2 * M**2)",
            "You took N and M from A, which is N by N: M is the number of columns of F.",
        ),
        Known(
            "gram_of_gram",
            "formula",
            "N, M = F.shape\nreturn np.sum((gram_matrix(F) - gram_matrix(A)) ** 2) / (4 * N**2 * M**2)",
            "You made a Gram matrix of A: A is one already, that of the style image.",
        ),
        Known(
            "features_for_gram",
            "square",
            "N, M = F.shape\nreturn np.sum((F - A) ** 2) / (4 * N**2 * M**2)",
            "You compared F itself with A, which only fits when F is square: make the Gram matrix of F first.",
        ),
        Known(
            "absolute",
            "formula",
            "N, M = F.shape\nreturn np.sum(np.abs(gram_matrix(F) - A)) / (4 * N**2 * M**2)",
            "You summed absolute differences: equation (7) squares them.",
        ),
        Known(
            "squared_sum",
            "formula",
            "N, M = F.shape\nreturn np.sum(gram_matrix(F) - A) ** 2 / (4 * N**2 * M**2)",
            "You squared the sum: square each difference G_ij - A_ij first, then sum.",
        ),
        Known(
            "root",
            "formula",
            "N, M = F.shape\nreturn np.sqrt(np.sum((gram_matrix(F) - A) ** 2)) / (4 * N**2 * M**2)",
            "There is a square root too many: equation (7) has the squared distance of G and A.",
        ),
    ),
    {
        "without_parts": "N, M = F.shape\nG = F @ F.T\nreturn np.sum((G - A) ** 2) / (4 * N**2 * M**2)",
        "size_squared": "D = gram_matrix(F) - A\nreturn np.sum(D * D) / (2 * F.size) ** 2",
        "einsum": "D = np.einsum('ik,jk->ij', F, F) - A\nreturn np.einsum('ij,ij', D, D) / (4.0 * F.shape[0]**2 * F.shape[1]**2)",
        "loops": "N, M = F.shape\nG = gram_matrix(F)\ntotal = 0.0\nfor i in range(N):\n    for j in range(N):\n"
        "        total += (A[i, j] - G[i, j]) ** 2\nreturn total / 4 / N / N / M / M",
        "normalised_first": "N, M = F.shape\nreturn 0.25 * np.linalg.norm(gram_matrix(F) / (N * M) - A / (N * M)) ** 2",
        "float32_zero_dimensional": "N, M = F.shape\nF, A = np.float32(F), np.float32(A)\n"
        "return np.asarray(np.sum(np.square(F @ F.T - A)) / np.float32(4 * N**2 * M**2))",
    },
    (SQUARE_ONLY,),
    parts=("gram_matrix",),
)

STYLE_LOSS = Exercise(
    "style_loss",
    dicts_and_weights,
    (
        Known(
            "no_default_weights",
            "weights",
            "if weights is None:\n    weights = dict.fromkeys(style_grams, 1)\n"
            "return sum(weights[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items())",
            "Without weights you sum the layers: the default is w_l = 1/len(style_grams) for each.",
        ),
        Known(
            "weights_ignored",
            "weights",
            "return sum(style_loss_layer(features_x[l], A) for l, A in style_grams.items()) / len(style_grams)",
            "The argument weights has no effect: when it is given, layer l counts weights[l] times.",
        ),
        Known(
            "weights_normalised",
            "weights",
            "w = weights or dict.fromkeys(style_grams, 1)\n"
            "return sum(w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items()) / sum(w.values())",
            "You divided by the sum of the weights: weights that are given are taken as they are, and need not sum to 1.",
        ),
        Known(
            "weights_and_mean",
            "weights",
            "w = weights or dict.fromkeys(style_grams, 1)\n"
            "return sum(w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items()) / len(style_grams)",
            "You divide by the number of layers also when weights are given: 1/len(style_grams) is only the default for w_l.",
        ),
        Known(
            "layers_of_x_counted",
            "weights",
            "w = weights or dict.fromkeys(style_grams, 1 / len(features_x))\n"
            "return sum(w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items())",
            "The default weight counts the layers of features_x, which may hold more: count those of style_grams.",
        ),
        Known(
            "weights_squared",
            "weights",
            "w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))\n"
            "return sum(w[l] ** 2 * style_loss_layer(features_x[l], A) for l, A in style_grams.items())",
            "Each weight is squared: in equation (8) w_l stands once, outside of E_l.",
        ),
        Known(
            "weights_by_position",
            "weights",
            "w = list(weights.values()) if weights else [1 / len(style_grams)] * len(style_grams)\n"
            "return sum(v * style_loss_layer(features_x[l], A) for v, (l, A) in zip(w, style_grams.items()))",
            "You took the weights by their place in the dict: take them by name, weights[layer].",
        ),
        Known(
            "last_layer",
            "layers",
            "w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))\nfor l, A in style_grams.items():\n"
            "    loss = w[l] * style_loss_layer(features_x[l], A)\nreturn loss",
            "Only the last layer counts: each pass through the loop overwrites the loss. Add to it (`+=`).",
        ),
        Known(
            "first_layer",
            "layers",
            "w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))\nloss = 0\nfor l, A in style_grams.items():\n"
            "    loss += w[l] * style_loss_layer(features_x[l], A)\n    return loss",
            "Only the first layer counts: `return` stands inside the loop. Move it out.",
        ),
        Known(
            "layers_by_position",
            "layers",
            "w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))\n"
            "return sum(w[l] * style_loss_layer(F, A) for F, (l, A) in zip(features_x.values(), style_grams.items()))",
            "You paired the layers by their place in the two dicts: pair them by name, features_x[layer] with "
            "style_grams[layer].",
        ),
        Known(
            "layers_of_x",
            "edge",
            "w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))\n"
            "return sum(w[l] * style_loss_layer(F, style_grams[l]) for l, F in features_x.items())",
            "You loop over the layers of features_x, which may hold more of them: loop over those of style_grams.",
        ),
        Known(
            "one_loss_per_layer",
            "unreduced",
            "w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))\n"
            "return {l: w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items()}",
            "You returned a loss per layer: equation (8) sums them to one number.",
        ),
    ),
    {
        "accumulates": "loss = 0.0\nfor layer, A in style_grams.items():\n"
        "    w = 1 / len(style_grams) if weights is None else weights[layer]\n"
        "    loss += w * style_loss_layer(features_x[layer], A)\nreturn loss",
        "mean_or_sum": "E = {l: style_loss_layer(features_x[l], A) for l, A in style_grams.items()}\nif weights is None:\n"
        "    return np.mean(list(E.values()))\nreturn sum(weights[l] * e for l, e in E.items())",
        "vectors": "layers = sorted(style_grams)\nE = np.array([style_loss_layer(features_x[l], style_grams[l]) for l in layers])\n"
        "w = np.full(len(layers), 1 / len(layers)) if weights is None else np.array([weights[l] for l in layers])\nreturn w @ E",
        "without_parts": "L = len(style_grams)\ntotal = 0\nfor l in style_grams:\n    F = features_x[l]\n"
        "    w = (weights or {}).get(l, 1 / L) if weights is not None else 1 / L\n"
        "    total += w * ((F @ F.T - style_grams[l]) ** 2).sum() / (4 * F.shape[0] ** 2 * F.shape[1] ** 2)\nreturn total",
        "float32_and_prints": "total = np.float32(0)\nfor l in reversed(style_grams):\n    print(l)\n"
        "    w = np.float32(weights[l] if weights is not None else 1 / len(style_grams))\n"
        "    total += w * np.float32(style_loss_layer(features_x[l].astype('f4'), style_grams[l].astype('f4')))\nreturn total",
    },
    (
        Limit(
            "given_weights",
            "weights",
            "weights",
            "Right without weights, wrong with them: layer l counts weights[l] times, as it is given.",
        ),
        Limit(
            "extra_layers",
            "edge",
            "more in x",
            "Right as long as both dicts have the same layers: features_x may hold more, which do not count.",
        ),
        Limit(
            "order_of_layers",
            "edge",
            "order",
            "Right as long as both dicts list their layers in the same order: use the names.",
        ),
        Limit(
            "several_layers",
            "layers",
            "several",
            "Right for one layer, wrong for several: look at how the layers are weighted and added up.",
        ),
    ),
    parts=("style_loss_layer", "gram_matrix"),
    part_calls=lambda features_x, style_grams, weights=None: [
        *(("style_loss_layer", (features_x[l], A)) for l, A in style_grams.items()),
        *(("gram_matrix", (F,)) for F in features_x.values()),
    ],
)

STYLE_GRADIENT = Exercise(
    "style_gradient",
    matrices_and_grams,
    (
        Known(
            "as_printed",
            "printed",
            "N, M = F.shape\nreturn F.T @ (gram_matrix(F) - A) / (N**2 * M**2)",
            "This is equation (9) as the note prints it, the transpose of what is right: entry (i, j) of the gradient "
            "belongs to F_ij, so it has the shape of F. Which order of (G - A) and F gives that?",
        ),
        Known(
            "sign",
            "sign",
            "N, M = F.shape\nreturn (A - gram_matrix(F)) @ F / (N**2 * M**2)",
            "The sign is reversed: the difference is G - A, not A - G.",
        ),
        Known(
            "no_factor",
            "sizes",
            "return (gram_matrix(F) - A) @ F",
            "The factor 1/(N^2 M^2) is missing.",
        ),
        Known(
            "quarter_kept",
            "factor",
            "N, M = F.shape\nreturn (gram_matrix(F) - A) @ F / (4 * N**2 * M**2)",
            "The 4 of equation (7) is still there: differentiating the square gives 2, and F occurs twice in G, which gives "
            "another 2.",
        ),
        Known(
            "half_kept",
            "factor",
            "N, M = F.shape\nreturn (gram_matrix(F) - A) @ F / (2 * N**2 * M**2)",
            "There is a factor 1/2 too many: F occurs twice in G_ij = sum F_ik F_jk, and both places count.",
        ),
        Known(
            "no_filters_squared",
            "sizes",
            "N, M = F.shape\nreturn (gram_matrix(F) - A) @ F / M**2",
            "N^2 is missing in the denominator: N is the number of filters, the rows of F.",
        ),
        Known(
            "no_positions_squared",
            "sizes",
            "N, M = F.shape\nreturn (gram_matrix(F) - A) @ F / N**2",
            "M^2 is missing in the denominator: M is the number of positions, the columns of F.",
        ),
        Known(
            "not_squared_sizes",
            "sizes",
            "N, M = F.shape\nreturn (gram_matrix(F) - A) @ F / (N * M)",
            "N and M are not squared in the denominator.",
        ),
        Known(
            "sizes_of_gram",
            "sizes",
            "N, M = A.shape\nreturn (gram_matrix(F) - A) @ F / (N**2 * M**2)",
            "You took N and M from A, which is N by N: M is the number of columns of F.",
        ),
        Known(
            "masked",
            "mask",
            "N, M = F.shape\nreturn (gram_matrix(F) - A) @ F / (N**2 * M**2) * (F > 0)",
            "The gradient is zero where F is not positive: the ReLU mask of Gatys et al. belongs to the values before the "
            "ReLU, and the helper applies it. Leave it out.",
        ),
        Known(
            "derivative_of_gram",
            "formula",
            "N, M = F.shape\nreturn (gram_matrix(F) - A) / (N**2 * M**2)",
            "This is (up to a factor) the derivative with respect to G: go on to F with the chain rule, which gives a "
            "product with F.",
        ),
        Known(
            "without_style",
            "formula",
            "N, M = F.shape\nreturn gram_matrix(F) @ F / (N**2 * M**2)",
            "A does not occur: it is the difference G - A that is multiplied with F.",
        ),
        Known(
            "gram_of_gram",
            "formula",
            "N, M = F.shape\nreturn (gram_matrix(F) - gram_matrix(A)) @ F / (N**2 * M**2)",
            "You made a Gram matrix of A: A is one already, that of the style image.",
        ),
        Known(
            "content_like",
            "square",
            "N, M = F.shape\nreturn (F - A) / (N**2 * M**2)",
            "You subtracted A from F, as in the content gradient (5): A is to be compared with the Gram matrix of F.",
        ),
    ),
    {
        "without_parts": "N, M = F.shape\nreturn (F @ F.T - A) @ F / (N**2 * M**2)",
        "transposed_twice": "N, M = F.shape\nreturn (F.T @ (gram_matrix(F) - A)).T / (N * M) ** 2",
        "einsum": "D = gram_matrix(F) - A\nreturn np.einsum('ij,jk->ik', D, F) / F.size**2",
        "loops": "N, M = F.shape\nD = gram_matrix(F) - A\nout = np.zeros((N, M))\nfor i in range(N):\n    for k in range(M):\n"
        "        for j in range(N):\n            out[i, k] += D[i, j] * F[j, k]\nreturn out / N**2 / M**2",
        "both_terms": "N, M = F.shape\nD = gram_matrix(F) - A\nreturn 2 * (D @ F + D.T @ F) / (4 * N**2 * M**2)",
        "float32_lists": "N, M = F.shape\nF, A = F.astype(np.float32), np.float32(A)\n"
        "return ((F @ F.T - A) @ F / np.float32(N**2 * M**2)).tolist()",
    },
    (SQUARE_ONLY,),
    parts=("gram_matrix",),
)

EXERCISES = (STYLE_LOSS_LAYER, STYLE_LOSS, STYLE_GRADIENT)
