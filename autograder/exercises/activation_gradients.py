"""activation_gradients: the gradient of equation (10) at every layer. Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import weighted_features
from autograder.exercises.model import Exercise, Limit


def part_calls(features_x, features_p, style_grams, alpha, beta):
    """Gram matrices, where the style gradient is written out."""
    return [("gram_matrix", (features_x[layer],)) for layer in style_grams]


exercise = Exercise(
    "activation_gradients",
    weighted_features,
    parts=("content_gradient", "style_gradient", "gram_matrix"),
    part_calls=part_calls,
    limits=(
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
)


@exercise.mistake("edge")
def style_replaces_content(features_x, features_p, style_grams, alpha, beta):
    """At a layer that both losses use, the style gradient replaces the content gradient: add the two."""
    g = {}
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


@exercise.mistake("edge")
def content_kept_only(features_x, features_p, style_grams, alpha, beta):
    """At a layer that both losses use, only the content gradient is there: add the style gradient to it."""
    g = {}
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g.setdefault(l, beta / len(style_grams) * style_gradient(features_x[l], A))
    return g


@exercise.mistake("edge")
def shared_averaged(features_x, features_p, style_grams, alpha, beta):
    """At a layer that both losses use, you took the mean of the two gradients: the gradient of a sum is the sum."""
    g = {}
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        s = beta / len(style_grams) * style_gradient(features_x[l], A)
        g[l] = (g[l] + s) / 2 if l in g else s
    return g


@exercise.mistake("weights")
def no_layer_weight(features_x, features_p, style_grams, alpha, beta):
    """The layer weight w_l = 1/len(style_grams) of the style loss (8) is missing."""
    g = {}
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta * style_gradient(features_x[l], A)
    return g


@exercise.mistake("weights")
def all_layers_counted(features_x, features_p, style_grams, alpha, beta):
    """The layer weight counts the content layers as well: w_l = 1/len(style_grams)."""
    g, L = {}, len({*features_p, *style_grams})
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / L * style_gradient(features_x[l], A)
    return g


@exercise.mistake("weights")
def content_weighted_by_layers(features_x, features_p, style_grams, alpha, beta):
    """You divided the content gradients by the number of content layers: equation (4) sums them without weights."""
    g = {}
    for l, P in features_p.items():
        g[l] = alpha / len(features_p) * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


@exercise.mistake("weights")
def weights_swapped(features_x, features_p, style_grams, alpha, beta):
    """alpha and beta are swapped: alpha belongs to the content, beta to the style."""
    g, alpha, beta = {}, beta, alpha
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


@exercise.mistake("weights")
def unweighted(features_x, features_p, style_grams, alpha, beta):
    """alpha and beta have no effect: multiply the content gradients by alpha, the style gradients by beta."""
    g, alpha, beta = {}, 1.0, 1.0
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


@exercise.mistake("weights")
def beta_missing(features_x, features_p, style_grams, alpha, beta):
    """beta has no effect: the style gradients are multiplied by it."""
    g, beta = {}, 1.0
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


@exercise.mistake("weights")
def alpha_missing(features_x, features_p, style_grams, alpha, beta):
    """alpha has no effect: the content gradients are multiplied by it."""
    g, alpha = {}, 1.0
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


@exercise.mistake("layers")
def content_only(features_x, features_p, style_grams, alpha, beta):
    """Only the content layers are there: every layer of style_grams has a gradient as well."""
    g = {}
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    return g


@exercise.mistake("layers")
def style_only(features_x, features_p, style_grams, alpha, beta):
    """Only the style layers are there: every layer of features_p has a gradient as well."""
    g = {}
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


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


@exercise.mistake("edge")
def all_of_x(features_x, features_p, style_grams, alpha, beta):
    """Layers that neither loss uses are there as well: the keys are the layers of features_p and style_grams
    only."""
    g = {l: np.zeros(F.shape) for l, F in features_x.items()}
    for l, P in features_p.items():
        g[l] = g[l] + alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g[l] + beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


@exercise.mistake("sign")
def style_subtracted(features_x, features_p, style_grams, alpha, beta):
    """The style gradients are subtracted: both losses are added in equation (10), and so are their gradients."""
    g = {}
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) - beta / len(style_grams) * style_gradient(features_x[l], A)
    return g


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


@exercise.variant
def float32_and_lists(features_x, features_p, style_grams, alpha, beta):
    print(list(features_x))
    g = {}
    for l, P in features_p.items():
        g[l] = alpha * content_gradient(features_x[l], P)
    for l, A in style_grams.items():
        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)
    return {l: np.asarray(v, "f4").tolist() for l, v in sorted(g.items())}
