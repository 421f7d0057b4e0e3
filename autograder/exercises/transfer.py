"""Notebook 05: the total loss, its gradients at the layers, the step, and Algorithm 1."""

import numpy as np

from .content import LAYERS, features, shapes_of
from .model import Exercise, Inputs, Known, Limit, distinct, grid
from .style import grams


def losses_and_weights(rng):
    """(content, style, alpha, beta), numbers and 0-d arrays."""

    def draw(high):
        return int(rng.integers(3, high)) / 8

    yield Inputs((draw(80), draw(80), draw(20), draw(20)), "floats", frozenset({"ordinary"}))
    yield Inputs((draw(800), draw(8), draw(8), 1000 * draw(20)), "a large beta", frozenset({"ordinary"}))
    yield Inputs((draw(80), draw(80), 0.0, draw(20)), "alpha zero", frozenset({"zero"}))
    yield Inputs((draw(80), draw(80), draw(20), 0.0), "beta zero", frozenset({"zero"}))
    args = tuple(np.array(draw(60)) for _ in range(4))
    yield Inputs(args, "0-d arrays", frozenset({"ordinary"}))
    args = (np.float32(draw(80)), np.float32(draw(80)), draw(20), draw(20))
    yield Inputs(args, "float32 numbers", frozenset({"ordinary"}))


def weighted_features(rng):
    """(features_x, features_p, style_grams, alpha, beta)."""
    names = [LAYERS[i] for i in distinct(rng, 0, len(LAYERS), 4)]
    shapes = shapes_of(rng, 4)

    def case(content, style, alpha, beta, extra=()):
        used = [i for i in range(4) if i in content or i in style or i in extra]
        x = features(rng, [names[i] for i in used], [shapes[i] for i in used])
        p = features(rng, [names[i] for i in content], [shapes[i] for i in content])
        return x, p, grams(rng, [names[i] for i in style], [shapes[i] for i in style]), alpha, beta

    alpha, beta = (int(n) / 4 for n in distinct(rng, 2, 14, 2))
    big = 64 * beta
    yield Inputs(case([0], [1], alpha, big), "one content layer and one style layer", frozenset({"ordinary"}))
    yield Inputs(case([0], [1, 2, 3], alpha, big), "one content layer and three style layers", frozenset({"several"}))
    yield Inputs(case([0, 1], [1, 2], alpha, big), "a layer that both losses use", frozenset({"shared", "several"}))
    yield Inputs(case([0, 1], [2], beta, alpha), "two content layers", frozenset({"several"}))
    yield Inputs(case([0], [0, 1], 0.0, big), "alpha zero", frozenset({"zero", "shared", "several"}))
    yield Inputs(case([0, 1], [2, 3], 0.0, beta), "alpha zero and no common layer", frozenset({"zero", "several"}))
    yield Inputs(case([0], [1, 2], alpha, 0.0), "beta zero", frozenset({"zero", "several"}))
    yield Inputs(
        case([2], [0], alpha, big, extra=[1, 3]), "more layers in features_x than needed", frozenset({"more in x"})
    )


def steps(rng):
    """(x, gradient, learning_rate); x partly outside of [0, 1]."""
    height, width = distinct(rng, 2, 6, 2)
    shapes = [
        ((height, width, 3), "a float32 image", np.float32, np.float32, 1.0),
        ((height, width, 3), "a float64 image", float, float, 1.0),
        ((1, 1, 3), "an image of one pixel", float, float, 1.0),
        ((width, height, 3), "a float32 image and a float64 gradient", np.float32, float, 1.0),
        ((height, width, 3), "a large gradient", float, float, 1024.0),
        ((width, height), "an array with two axes", float, float, 1.0),
    ]
    for shape, about, dtype, gradient_dtype, scale in shapes:
        rate = int(rng.integers(3, 16)) / 16
        x = grid(rng, *shape, scale=0.5, dtype=dtype)
        yield Inputs((x, grid(rng, *shape, scale=scale, dtype=gradient_dtype), rate), about)


TOTAL_LOSS = Exercise(
    "total_loss",
    losses_and_weights,
    (
        Known(
            "weights_swapped",
            "weights",
            "return beta * content + alpha * style",
            "alpha and beta are swapped: in equation (10) alpha belongs to the content, beta to the style.",
        ),
        Known(
            "unweighted",
            "weights",
            "return content + style",
            "The weights are missing: multiply content by alpha, style by beta.",
        ),
        Known(
            "beta_missing",
            "weights",
            "return alpha * content + style",
            "beta is missing: the style loss is multiplied by it.",
        ),
        Known(
            "alpha_missing",
            "weights",
            "return content + beta * style",
            "alpha is missing: the content loss is multiplied by it.",
        ),
        Known(
            "normalised",
            "weights",
            "return (alpha * content + beta * style) / (alpha + beta)",
            "You divided by alpha + beta: equation (10) is the weighted sum, not a weighted mean.",
        ),
        Known(
            "convex",
            "weights",
            "return alpha * content + (1 - alpha) * style",
            "You weighted the style with 1 - alpha: alpha and beta are independent, the style's weight is beta.",
        ),
        Known(
            "difference",
            "sign",
            "return alpha * content - beta * style",
            "You subtracted the style loss: both losses are to become small, so both are added.",
        ),
        Known(
            "product",
            "formula",
            "return alpha * content * beta * style",
            "You multiplied the two losses: equation (10) adds them.",
        ),
        Known(
            "both_weights_on_both",
            "weights",
            "return alpha * beta * (content + style)",
            "Each loss has both weights: alpha belongs to the content only, beta to the style only.",
        ),
        Known(
            "divided_by_weights",
            "weights",
            "return np.float64(content) / alpha + np.float64(style) / beta",
            "You divided by the weights: a larger alpha must make the content count more, so multiply.",
        ),
        Known(
            "in_place",
            "in_place",
            "if isinstance(content, np.ndarray):\n    content *= alpha\n    content += beta * style\n    return content\n"
            "return alpha * content + beta * style",
            "Right at first, but `*=` or `+=` writes into an argument that is an array: write alpha * content + beta * style.",
        ),
    ),
    {
        "dot": "return np.dot([alpha, beta], [content, style])",
        "accumulates": "loss = 0\nfor weight, part in ((alpha, content), (beta, style)):\n    loss = loss + weight * part\nreturn loss",
        "python_float": "return float(beta * style + alpha * content)",
        "float32_zero_dimensional": "return np.array(np.float32(alpha) * np.float32(content) + np.float32(beta) * np.float32(style))",
        "einsum": "print(content, style)\nreturn np.einsum('i,i->', np.array([content, style], float), np.array([alpha, beta], float))",
    },
    (
        Limit(
            "zero_weights",
            "edge",
            "zero",
            "Right for ordinary weights, wrong when alpha or beta is zero: zero is a weight like any other.",
        ),
    ),
)

_STYLE_LOOP = "for l, A in style_grams.items():\n    g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)\n"
_CONTENT_LOOP = "for l, P in features_p.items():\n    g[l] = alpha * content_gradient(features_x[l], P)\n"

ACTIVATION_GRADIENTS = Exercise(
    "activation_gradients",
    weighted_features,
    (
        Known(
            "style_replaces_content",
            "edge",
            "g = {}\n" + _CONTENT_LOOP + "for l, A in style_grams.items():\n"
            "    g[l] = beta / len(style_grams) * style_gradient(features_x[l], A)\nreturn g",
            "At a layer that both losses use, the style gradient replaces the content gradient: add the two.",
        ),
        Known(
            "content_kept_only",
            "edge",
            "g = {}\n" + _CONTENT_LOOP + "for l, A in style_grams.items():\n"
            "    g.setdefault(l, beta / len(style_grams) * style_gradient(features_x[l], A))\nreturn g",
            "At a layer that both losses use, only the content gradient is there: add the style gradient to it.",
        ),
        Known(
            "shared_averaged",
            "edge",
            "g = {}\n" + _CONTENT_LOOP + "for l, A in style_grams.items():\n"
            "    s = beta / len(style_grams) * style_gradient(features_x[l], A)\n    g[l] = (g[l] + s) / 2 if l in g else s\nreturn g",
            "At a layer that both losses use, you took the mean of the two gradients: the gradient of a sum is the sum.",
        ),
        Known(
            "no_layer_weight",
            "weights",
            "g = {}\n" + _CONTENT_LOOP + "for l, A in style_grams.items():\n"
            "    g[l] = g.get(l, 0) + beta * style_gradient(features_x[l], A)\nreturn g",
            "The layer weight w_l = 1/len(style_grams) of the style loss (8) is missing.",
        ),
        Known(
            "all_layers_counted",
            "weights",
            "g, L = {}, len({*features_p, *style_grams})\n" + _CONTENT_LOOP + "for l, A in style_grams.items():\n"
            "    g[l] = g.get(l, 0) + beta / L * style_gradient(features_x[l], A)\nreturn g",
            "The layer weight counts the content layers as well: w_l = 1/len(style_grams).",
        ),
        Known(
            "content_weighted_by_layers",
            "weights",
            "g = {}\nfor l, P in features_p.items():\n    g[l] = alpha / len(features_p) * content_gradient(features_x[l], P)\n"
            + _STYLE_LOOP
            + "return g",
            "You divided the content gradients by the number of content layers: equation (4) sums them without weights.",
        ),
        Known(
            "weights_swapped",
            "weights",
            "g, alpha, beta = {}, beta, alpha\n" + _CONTENT_LOOP + _STYLE_LOOP + "return g",
            "alpha and beta are swapped: alpha belongs to the content, beta to the style.",
        ),
        Known(
            "unweighted",
            "weights",
            "g, alpha, beta = {}, 1.0, 1.0\n" + _CONTENT_LOOP + _STYLE_LOOP + "return g",
            "alpha and beta have no effect: multiply the content gradients by alpha, the style gradients by beta.",
        ),
        Known(
            "beta_missing",
            "weights",
            "g, beta = {}, 1.0\n" + _CONTENT_LOOP + _STYLE_LOOP + "return g",
            "beta has no effect: the style gradients are multiplied by it.",
        ),
        Known(
            "alpha_missing",
            "weights",
            "g, alpha = {}, 1.0\n" + _CONTENT_LOOP + _STYLE_LOOP + "return g",
            "alpha has no effect: the content gradients are multiplied by it.",
        ),
        Known(
            "content_only",
            "layers",
            "g = {}\n" + _CONTENT_LOOP + "return g",
            "Only the content layers are there: every layer of style_grams has a gradient as well.",
        ),
        Known(
            "style_only",
            "layers",
            "g = {}\n" + _STYLE_LOOP + "return g",
            "Only the style layers are there: every layer of features_p has a gradient as well.",
        ),
        Known(
            "zero_weights_left_out",
            "edge",
            "g = {}\nif alpha:\n    for l, P in features_p.items():\n        g[l] = alpha * content_gradient(features_x[l], P)\n"
            "if beta:\n    for l, A in style_grams.items():\n"
            "        g[l] = g.get(l, 0) + beta / len(style_grams) * style_gradient(features_x[l], A)\nreturn g",
            "When alpha or beta is zero its layers are left out: their gradient is then zero, but the key must be there.",
        ),
        Known(
            "all_of_x",
            "edge",
            "g = {l: np.zeros(F.shape) for l, F in features_x.items()}\nfor l, P in features_p.items():\n"
            "    g[l] = g[l] + alpha * content_gradient(features_x[l], P)\nfor l, A in style_grams.items():\n"
            "    g[l] = g[l] + beta / len(style_grams) * style_gradient(features_x[l], A)\nreturn g",
            "Layers that neither loss uses are there as well: the keys are the layers of features_p and style_grams only.",
        ),
        Known(
            "style_subtracted",
            "sign",
            "g = {}\n" + _CONTENT_LOOP + "for l, A in style_grams.items():\n"
            "    g[l] = g.get(l, 0) - beta / len(style_grams) * style_gradient(features_x[l], A)\nreturn g",
            "The style gradients are subtracted: both losses are added in equation (10), and so are their gradients.",
        ),
    ),
    {
        "zeros_first": "g = {l: np.zeros_like(features_x[l]) for l in [*style_grams, *features_p]}\nfor l in style_grams:\n"
        "    g[l] = g[l] + beta * style_gradient(features_x[l], style_grams[l]) / len(style_grams)\nfor l in features_p:\n"
        "    g[l] = g[l] + alpha * content_gradient(features_x[l], features_p[l])\nreturn g",
        "by_union": "g = {}\nfor l in set(features_p) | set(style_grams):\n    F = features_x[l]\n"
        "    c = content_gradient(F, features_p[l]) if l in features_p else 0\n"
        "    s = style_gradient(F, style_grams[l]) if l in style_grams else 0\n"
        "    g[l] = alpha * c + beta * s / len(style_grams)\nreturn g",
        "without_parts": "g = {}\nw = 1 / len(style_grams)\nfor l, F in features_x.items():\n    if l in features_p:\n"
        "        g[l] = alpha * (F - features_p[l])\n    if l in style_grams:\n        N, M = F.shape\n"
        "        s = beta * w * (F @ F.T - style_grams[l]) @ F / (N * M) ** 2\n        g[l] = g[l] + s if l in g else s\nreturn g",
        "own_gram_matrix": "g = {}\nfor l, A in style_grams.items():\n    F = features_x[l]\n"
        "    g[l] = beta / len(style_grams) / F.size**2 * ((gram_matrix(F) - A) @ F)\nfor l, P in features_p.items():\n"
        "    g[l] = g.get(l, 0) + alpha * content_gradient(features_x[l], P)\nreturn g",
        "float32_and_lists": "print(list(features_x))\ng = {}\n"
        + _CONTENT_LOOP
        + _STYLE_LOOP
        + "return {l: np.asarray(v, 'f4').tolist() for l, v in sorted(g.items())}",
    },
    (
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
    parts=("content_gradient", "style_gradient", "gram_matrix"),
    part_calls=lambda features_x, features_p, style_grams, alpha, beta: [
        ("gram_matrix", (features_x[layer],)) for layer in style_grams
    ],
)

GRADIENT_STEP = Exercise(
    "gradient_step",
    steps,
    (
        Known(
            "uphill",
            "printed",
            "return x + learning_rate * gradient",
            "You step uphill: the gradient points to larger losses, so it is subtracted. Equations (1) and (2) of the note "
            "have this sign wrong, equation (11) has it right.",
        ),
        Known("no_rate", "formula", "return x - gradient", "The learning rate is missing: it multiplies the gradient."),
        Known(
            "clipped",
            "mask",
            "return np.clip(x - learning_rate * gradient, 0, 1)",
            "The result is clipped to [0, 1]: equation (11) does not, images may leave this range on the way.",
        ),
        Known(
            "normalised",
            "formula",
            "return x - learning_rate * gradient / np.sqrt(np.sum(gradient**2))",
            "You divided by the length of the gradient: equation (11) takes the gradient as it is.",
        ),
        Known(
            "signs_only",
            "formula",
            "return x - learning_rate * np.sign(gradient)",
            "Only the signs of the gradient are used: its size counts, too.",
        ),
        Known(
            "step_only",
            "formula",
            "return -learning_rate * gradient",
            "This is the step alone: add it to x to get the next image.",
        ),
        Known(
            "divided_by_rate",
            "formula",
            "return x - gradient / learning_rate",
            "You divided by the learning rate: a smaller rate must give a smaller step, so multiply.",
        ),
        Known(
            "mean_gradient",
            "sizes",
            "return x - learning_rate * np.mean(gradient)",
            "All pixels move by the mean of the gradient: each one moves by its own entry.",
        ),
        Known(
            "scaled_image",
            "formula",
            "return (1 - learning_rate) * x - learning_rate * gradient",
            "The image shrinks as well: only the gradient is multiplied by the learning rate.",
        ),
        Known(
            "in_place",
            "in_place",
            "x -= learning_rate * gradient\nreturn x",
            "The result is right, but `x -= ...` writes into the argument, and the image before the step is lost (the best "
            "one, perhaps): write x - learning_rate * gradient.",
        ),
        Known(
            "gradient_in_place",
            "in_place",
            "gradient *= learning_rate\nreturn x - gradient",
            "The result is right, but `gradient *= ...` writes into the argument: write learning_rate * gradient.",
        ),
    ),
    {
        "subtract": "return np.subtract(x, np.multiply(gradient, learning_rate))",
        "copy": "new = x.copy().astype(float)\nnew -= learning_rate * gradient\nreturn new",
        "loops": "new = np.zeros(np.shape(x))\nfor place in np.ndindex(*np.shape(x)):\n"
        "    new[place] = x[place] - learning_rate * gradient[place]\nreturn new",
        "nested_lists": "return (x + (-learning_rate) * gradient).tolist()",
        "float32": "print(x.mean())\nreturn np.float32(x) - np.float32(learning_rate) * np.float32(gradient)",
    },
)
EXERCISES = (TOTAL_LOSS, ACTIVATION_GRADIENTS, GRADIENT_STEP)
