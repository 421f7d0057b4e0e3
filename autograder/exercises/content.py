"""Notebook 02: the content loss and its gradient."""

from .feature_maps import pairs
from .model import SQUARE_ONLY, Exercise, Inputs, Known, Limit, distinct, grid

LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block4_conv2", "block5_conv1")


def features(rng, layers, shapes):
    """Layer -> feature matrix of that shape."""
    return {layer: grid(rng, *shape) for layer, shape in zip(layers, shapes, strict=True)}


def shapes_of(rng, count):
    """`count` different shapes (N, M), some with more filters than positions."""
    return list(zip(distinct(rng, 2, 8, count), distinct(rng, 3, 9, count), strict=True))


def dict_pairs(rng):
    """Features of x and of p: one layer, several, more layers in x than in p, in another order."""
    names = [LAYERS[i] for i in sorted(distinct(rng, 0, len(LAYERS), 4))]
    shapes = shapes_of(rng, 4)
    one = features(rng, names[:1], shapes[:1]), features(rng, names[:1], shapes[:1])
    yield Inputs(one, "one layer", frozenset({"one layer"}))
    several = features(rng, names[:3], shapes[:3]), features(rng, names[:3], shapes[:3])
    yield Inputs(several, "three layers of different shapes", frozenset({"several"}))
    x = features(rng, names, shapes)
    more = {layer: x[layer] for layer in names}, features(rng, names[1:3], shapes[1:3])
    yield Inputs(more, "more layers in features_x than in features_p", frozenset({"several", "more in x"}))
    same = [shapes[0]] * 3
    x, p = features(rng, names[:3], same), features(rng, names[:3], same)
    turned = {layer: x[layer] for layer in reversed(names[:3])}
    yield Inputs((turned, p), "the layers of the two dicts in different order", frozenset({"several", "order"}))
    x, p = features(rng, names, [shapes[1]] * 4), features(rng, names[2:], [shapes[1]] * 2)
    yield Inputs((x, p), "four layers in features_x, two in features_p", frozenset({"several", "more in x"}))


CONTENT_LOSS_LAYER = Exercise(
    "content_loss_layer",
    pairs,
    (
        Known(
            "no_half",
            "factor",
            "return np.sum((F - P) ** 2)",
            "The factor 1/2 of equation (3) is missing.",
        ),
        Known(
            "mean",
            "sizes",
            "return 0.5 * np.mean((F - P) ** 2)",
            "You averaged: equation (3) sums the squared differences over all i, j.",
        ),
        Known(
            "mean_squared_error",
            "sizes",
            "return np.mean((F - P) ** 2)",
            "This is the mean squared error: equation (3) has a sum instead of the mean, and a factor 1/2.",
        ),
        Known(
            "not_squared",
            "formula",
            "return 0.5 * np.sum(F - P)",
            "The differences are not squared, so that positive and negative ones cancel.",
        ),
        Known(
            "absolute",
            "formula",
            "return 0.5 * np.sum(np.abs(F - P))",
            "You summed absolute differences: equation (3) squares them.",
        ),
        Known(
            "root",
            "formula",
            "return 0.5 * np.sqrt(np.sum((F - P) ** 2))",
            "There is a square root too many: the loss is half the squared distance, not half the distance.",
        ),
        Known(
            "squared_sum",
            "formula",
            "return 0.5 * np.sum(F - P) ** 2",
            "You squared the sum: square each difference first, then sum.",
        ),
        Known(
            "difference_of_squares",
            "formula",
            "return 0.5 * np.sum(F**2 - P**2)",
            "You subtracted the squares: subtract first, F - P, and square the difference.",
        ),
        Known(
            "per_filter",
            "unreduced",
            "return 0.5 * np.sum((F - P) ** 2, axis=1)",
            "You have a loss per filter: sum over i and j, to one number.",
        ),
        Known(
            "style_factor",
            "sizes",
            "N, M = F.shape\nreturn np.sum((F - P) ** 2) / (4 * N**2 * M**2)",
            "The factor 1/(4 N^2 M^2) belongs to the style loss (7): the content loss (3) has 1/2.",
        ),
        Known(
            "positive_part",
            "mask",
            "return 0.5 * np.sum(np.maximum(F - P, 0) ** 2)",
            "Only differences above zero are counted: F below P is as far away as F above P.",
        ),
    ),
    {
        "matrix_product": "D = F - P\nreturn 0.5 * np.trace(D @ D.T)",
        "einsum": "D = F - P\nreturn np.einsum('ij,ij', D, D) / 2",
        "loops": "total = 0\nfor i in range(len(F)):\n    for j in range(len(F[0])):\n        total += (F[i][j] - P[i][j]) ** 2\nreturn total / 2",
        "norm": "return 0.5 * np.linalg.norm(P - F) ** 2",
        "float32_zero_dimensional": "return np.asarray(0.5 * np.square(F.astype(np.float32) - P.astype(np.float32)).sum())",
        "warns": "import warnings\nwarnings.warn('just so')\nreturn float(np.sum(np.square(np.subtract(P, F))) / 2)",
    },
    (SQUARE_ONLY,),
)

CONTENT_LOSS = Exercise(
    "content_loss",
    dict_pairs,
    (
        Known(
            "mean_over_layers",
            "layers",
            "return sum(content_loss_layer(features_x[l], P) for l, P in features_p.items()) / len(features_p)",
            "You averaged over the layers: equation (4) sums them, without weights.",
        ),
        Known(
            "last_layer",
            "layers",
            "for l, P in features_p.items():\n    loss = content_loss_layer(features_x[l], P)\nreturn loss",
            "Only the last layer counts: each pass through the loop overwrites the loss. Add to it (`+=`).",
        ),
        Known(
            "first_layer",
            "layers",
            "loss = 0\nfor l, P in features_p.items():\n    loss += content_loss_layer(features_x[l], P)\n    return loss",
            "Only the first layer counts: `return` stands inside the loop. Move it out.",
        ),
        Known(
            "by_position",
            "layers",
            "return sum(content_loss_layer(F, P) for F, P in zip(features_x.values(), features_p.values()))",
            "You paired the layers by their place in the two dicts: pair them by name, features_x[layer] with "
            "features_p[layer].",
        ),
        Known(
            "layers_of_x",
            "edge",
            "return sum(content_loss_layer(F, features_p[l]) for l, F in features_x.items())",
            "You loop over the layers of features_x, which may hold more of them: loop over those of features_p.",
        ),
        Known(
            "one_loss_per_layer",
            "unreduced",
            "return {l: content_loss_layer(features_x[l], P) for l, P in features_p.items()}",
            "You returned a loss per layer: sum them to one number.",
        ),
        Known(
            "list_of_losses",
            "unreduced",
            "return [content_loss_layer(features_x[l], P) for l, P in features_p.items()]",
            "You returned a list with the layers' losses: equation (4) is their sum.",
        ),
        Known(
            "product",
            "formula",
            "return np.prod([content_loss_layer(features_x[l], P) for l, P in features_p.items()])",
            "You multiplied the layers' losses: equation (4) adds them.",
        ),
        Known(
            "halved_again",
            "factor",
            "return 0.5 * sum(content_loss_layer(features_x[l], P) for l, P in features_p.items())",
            "The 1/2 is there twice: content_loss_layer has it already.",
        ),
        Known(
            "largest",
            "formula",
            "return max(content_loss_layer(features_x[l], P) for l, P in features_p.items())",
            "You took the largest of the layers' losses: equation (4) adds all of them.",
        ),
    ),
    {
        "accumulates": "loss = 0.0\nfor layer in features_p:\n    loss += content_loss_layer(features_x[layer], features_p[layer])\nreturn loss",
        "without_parts": "return sum(0.5 * np.sum((features_x[l] - P) ** 2) for l, P in features_p.items())",
        "array_of_losses": "return np.array([content_loss_layer(features_x[l], features_p[l]) for l in sorted(features_p)]).sum()",
        "arguments_turned": "return float(sum(content_loss_layer(features_p[l], features_x[l]) for l in reversed(features_p)))",
        "common_layers": "print('layers', list(features_p))\nreturn np.sum([content_loss_layer(F, features_p[l]) for l, F in features_x.items() "
        "if l in features_p])",
    },
    (
        Limit(
            "one_layer_only",
            "layers",
            "several",
            "Right for one layer, wrong for several: look at how the layers are paired and added up.",
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
    ),
    parts=("content_loss_layer",),
    part_calls=lambda features_x, features_p: [
        ("content_loss_layer", args) for l, P in features_p.items() for args in ((features_x[l], P), (P, features_x[l]))
    ],
)

CONTENT_GRADIENT = Exercise(
    "content_gradient",
    pairs,
    (
        Known(
            "sign",
            "sign",
            "return P - F",
            "The sign is reversed: the loss grows where F exceeds P, so the derivative is F - P.",
        ),
        Known(
            "twice",
            "factor",
            "return 2 * (F - P)",
            "There is a factor 2 too many: it cancels against the 1/2 of equation (3).",
        ),
        Known(
            "half",
            "factor",
            "return 0.5 * (F - P)",
            "There is a factor 1/2 left: it cancels when the square is differentiated.",
        ),
        Known(
            "masked",
            "mask",
            "return (F - P) * (F > 0)",
            "The gradient is zero where F is not positive: the ReLU mask of Gatys et al. belongs to the values before the "
            "ReLU, and the helper applies it. Equation (5) has none.",
        ),
        Known(
            "mask_of_difference",
            "mask",
            "return np.maximum(F - P, 0)",
            "Negative entries became zero: where F is below P the gradient is negative.",
        ),
        Known(
            "absolute",
            "sign",
            "return np.abs(F - P)",
            "The signs are gone: the sign of F - P says in which direction the loss grows.",
        ),
        Known(
            "signs_only",
            "formula",
            "return np.sign(F - P)",
            "Only signs are left: that is the derivative of the absolute difference, not of its square.",
        ),
        Known(
            "mean",
            "sizes",
            "return (F - P) / F.size",
            "You divided by the number of entries: the loss is a sum, and so its derivative has no such factor.",
        ),
        Known(
            "squared",
            "formula",
            "return (F - P) ** 2",
            "These are the terms of the loss, not their derivatives: differentiate (F_ij - P_ij)^2 / 2.",
        ),
        Known(
            "summed",
            "unreduced",
            "return np.sum(F - P)",
            "You summed to one number: there is a derivative for each entry F_ij, in a matrix like F.",
        ),
        Known(
            "transposed",
            "axes",
            "return (F - P).T",
            "The result is transposed: entry (i, j) of the gradient belongs to F_ij.",
        ),
        Known(
            "in_place",
            "in_place",
            "F -= P\nreturn F",
            "The first answer is right, but `F -= P` writes into the argument, so that F is lost to whoever called: "
            "write F - P.",
        ),
    ),
    {
        "subtract": "return np.subtract(F, P)",
        "loops": "G = np.empty(F.shape)\nfor i in range(F.shape[0]):\n    for j in range(F.shape[1]):\n        G[i, j] = F[i, j] - P[i, j]\nreturn G",
        "nested_lists": "return [[f - p for f, p in zip(row, other)] for row, other in zip(F.tolist(), P.tolist())]",
        "float32": "return F.astype(np.float32) - P.astype(np.float32)",
        "copy": "G = np.array(F, copy=True)\nG -= P\nreturn G",
    },
    (SQUARE_ONLY,),
)

EXERCISES = (CONTENT_LOSS_LAYER, CONTENT_LOSS, CONTENT_GRADIENT)
