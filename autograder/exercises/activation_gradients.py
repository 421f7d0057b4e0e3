"""activation_gradients: the gradient of equation (10) at every layer. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import weighted_features
from autograder.exercises.model import EQUAL, AtWork, Exercise, Limit, LineByLine, PartCall


def part_calls(
    features_x: dict[str, np.ndarray],
    features_p: dict[str, np.ndarray],
    style_grams: dict[str, np.ndarray],
    alpha: float,
    beta: float,
) -> list[PartCall]:
    """Gram matrices, where the style gradient is written out."""
    return [("gram_matrix", (features_x[layer],)) for layer in style_grams]


exercise = Exercise(
    "activation_gradients",
    weighted_features,
    parts=("content_gradient", "style_gradient", "gram_matrix"),
    part_calls=part_calls,
    limits=(
        EQUAL,
        Limit(
            "shared_layers",
            "edge",
            "shared",
            "Right unless a layer is used by both losses: its two gradients are added.",
        ),
        Limit(
            "zero_weights",
            "edge",
            "zero",
            "Right unless alpha or beta is zero: every layer of either loss then still has its key.",
        ),
        Limit(
            "extra_layers",
            "edge",
            "more in x",
            "Right unless features_x holds more layers than the losses use: these get no entry.",
        ),
        Limit(
            "several_layers",
            "layers",
            "several",
            "Right for one layer of each kind, wrong for several: look at the weights and at how layers are added.",
        ),
    ),
    at_work=AtWork("{F} {F} {A} 1.0 1000.0", filters=64, positions=12288, calls=112),
)


loop = LineByLine(
    exercise,
    {
        "head": "def activation_gradients(features_x, features_p, style_grams, alpha, beta):",
        "start": "    g = {}",
        "content_layers": "    for l, P in features_p.items():",
        "content": "        g[l] = alpha * content_gradient(features_x[l], P)",
        "style_layers": "    for l, A in style_grams.items():",
        "style": "        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)",
        "end": "    return g",
    },
)

loop.mistake(
    "style_replaces_content",
    "edge",
    "At a layer that both losses use, the style gradient replaces the content gradient: add the two.",
    style="g[l] = beta / len(style_grams) * style_gradient(features_x[l], A)",
)
loop.mistake(
    "content_kept_only",
    "edge",
    "At a layer that both losses use, only the content gradient is there: add the style gradient to it.",
    style="g.setdefault(l, beta / len(style_grams) * style_gradient(features_x[l], A))",
)
loop.mistake(
    "shared_averaged",
    "edge",
    "At a layer that both losses use, you took the mean of the two gradients: the gradient of a sum is the sum.",
    style="s = beta / len(style_grams) * style_gradient(features_x[l], A)\ng[l] = (g[l] + s) / 2 if l in g else s",
)
loop.mistake(
    "no_layer_weight",
    "weights",
    "The layer weight w_l = 1/len(style_grams) of the style loss (8) is missing.",
    style="g[l] = g.get(l, 0) + beta * style_gradient(features_x[l], A)",
)
loop.mistake(
    "all_layers_counted",
    "weights",
    "The layer weight counts the content layers as well: w_l = 1/len(style_grams).",
    start="g, L = {}, len({*features_p, *style_grams})",
    style="g[l] = g.get(l, 0) + beta / L * style_gradient(features_x[l], A)",
)
loop.mistake(
    "content_weighted_by_layers",
    "weights",
    "You divided the content gradients by the number of content layers: equation (4) sums them without weights.",
    content="g[l] = alpha / len(features_p) * content_gradient(features_x[l], P)",
)
loop.mistake(
    "weights_swapped",
    "weights",
    "alpha and beta are swapped: alpha belongs to the content, beta to the style.",
    start="g, alpha, beta = {}, beta, alpha",
)
loop.mistake(
    "unweighted",
    "weights",
    "alpha and beta have no effect: multiply the content gradients by alpha, the style gradients by beta.",
    start="g, alpha, beta = {}, 1.0, 1.0",
)
loop.mistake(
    "beta_missing",
    "weights",
    "beta has no effect: the style gradients are multiplied by it.",
    start="g, beta = {}, 1.0",
)
loop.mistake(
    "alpha_missing",
    "weights",
    "alpha has no effect: the content gradients are multiplied by it.",
    start="g, alpha = {}, 1.0",
)
loop.mistake(
    "content_only",
    "layers",
    "Only the content layers are there: every layer of style_grams has a gradient as well.",
    style_layers="",
    style="",
)
loop.mistake(
    "shared_only",
    "layers",
    "Only the layers that both losses use are there: a layer of either one has a gradient as well.",
    style="""if l in features_p:
    g[l] = g[l] + beta / len(style_grams) * style_gradient(features_x[l], A)""",
    end="return {l: G for l, G in g.items() if l in features_p and l in style_grams}",
)
loop.mistake(
    "style_only",
    "layers",
    "Only the style layers are there: every layer of features_p has a gradient as well.",
    content_layers="",
    content="",
)


@exercise.mistake("edge")
def zero_weights_left_out(features_x, features_p, style_grams, alpha, beta):
    """When alpha or beta is zero its layers are left out: their gradient is then zero, but the key must be
    there."""
    g = {}
    if alpha:
        for l, P in features_p.items():
            g[l] = alpha * content_gradient(features_x[l], P)
    if beta:
        for l, A in style_grams.items():
            g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


loop.mistake(
    "all_of_x",
    "edge",
    "Layers that neither loss uses are there as well: the keys are the layers of features_p and style_grams only.",
    start="g = {l: np.zeros(F.shape) for l, F in features_x.items()}",
    content="g[l] = g[l] + alpha * content_gradient(features_x[l], P)",
    style="g[l] = g[l] + beta / len(style_grams) * style_gradient(features_x[l], A)",
)
loop.mistake(
    "style_subtracted",
    "sign",
    "The style gradients are subtracted: both losses are added in equation (10), and so are their gradients.",
    style="g[l] = g.get(l, 0) - beta / len(style_grams) * style_gradient(features_x[l], A)",
)


loop.mistake(
    "content_divided_too",
    "weights",
    "You divided all gradients by the number of layers: only the style loss has a weight w_l = 1/len(style_grams).",
    style="g[l] = g.get(l, 0) + beta * style_gradient(features_x[l], A)",
    end="return {l: G / len(g) for l, G in g.items()}",
)


@exercise.variant
def zeros_first(features_x, features_p, style_grams, alpha, beta):
    g = {l: np.zeros_like(features_x[l]) for l in [*style_grams, *features_p]}
    for l in style_grams:
        g[l] = g[l] + beta * style_gradient(features_x[l], style_grams[l]) / len(style_grams)
    for l in features_p:
        g[l] = g[l] + alpha * content_gradient(features_x[l], features_p[l])
    return g


@exercise.variant
def by_union(features_x, features_p, style_grams, alpha, beta):
    g = {}
    for l in set(features_p) | set(style_grams):
        F = features_x[l]
        c = content_gradient(F, features_p[l]) if l in features_p else 0
        s = style_gradient(F, style_grams[l]) if l in style_grams else 0
        g[l] = alpha * c + beta * s / len(style_grams)
    return g


@exercise.variant
def without_parts(features_x, features_p, style_grams, alpha, beta):
    g = {}
    w = 1 / len(style_grams)
    for l, F in features_x.items():
        if l in features_p:
            g[l] = alpha * (F - features_p[l])
        if l in style_grams:
            N, M = F.shape
            s = beta * w * (F @ F.T - style_grams[l]) @ F / (N * M) ** 2
            g[l] = g[l] + s if l in g else s
    return g


@exercise.variant
def own_gram_matrix(features_x, features_p, style_grams, alpha, beta):
    g = {}
    for l, A in style_grams.items():
        F = features_x[l]
        g[l] = beta / len(style_grams) / F.size**2 * ((gram_matrix(F) - A) @ F)
    for l, P in features_p.items():
        g[l] = g.get(l, 0) + alpha * content_gradient(features_x[l], P)
    return g


loop.variant(
    "float32_and_lists",
    start="print(list(features_x))\ng = {}",
    end="return {l: np.asarray(v, 'f4').tolist() for l, v in sorted(g.items())}",
)
