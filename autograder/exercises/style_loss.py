"""style_loss: equation (8). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import dicts_and_weights
from autograder.exercises.model import EQUAL, EXTRA_LAYERS, ORDER_OF_LAYERS, AtWork, Exercise, Limit, PartCall


def part_calls(
    features_x: dict[str, np.ndarray], style_grams: dict[str, np.ndarray], weights: dict[str, float] | None = None
) -> list[PartCall]:
    """Also the layers of weight zero, and the Gram matrices of all features."""
    losses = [("style_loss_layer", (features_x[layer], A)) for layer, A in style_grams.items()]
    return losses + [("gram_matrix", (F,)) for F in features_x.values()]


exercise = Exercise(
    "style_loss",
    dicts_and_weights,
    parts=("style_loss_layer", "gram_matrix"),
    part_calls=part_calls,
    limits=(
        Limit(
            "given_weights",
            "weights",
            "weights",
            "Right without weights, wrong with them: layer l counts weights[l] times, as it is given.",
        ),
        Limit(
            "zero_weight",
            "edge",
            "zero",
            "Right unless a weight is zero: zero is a weight like any other, and not the same as None (`or`, `if w`).",
        ),
        EXTRA_LAYERS,
        ORDER_OF_LAYERS,
        EQUAL,
        Limit(
            "several_layers",
            "layers",
            "several",
            "Right for one layer, wrong for several: look at how the layers are weighted and added up.",
        ),
    ),
    at_work=AtWork("{F} {A}", filters=64, positions=58560, calls=167),
)


@exercise.mistake("weights")
def no_default_weights(features_x, style_grams, weights=None):
    """Without weights you sum the layers: the default is w_l = 1/len(style_grams) for each."""
    if weights is None:
        weights = dict.fromkeys(style_grams, 1)
    return sum(weights[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items())


@exercise.mistake("weights")
def weights_ignored(features_x, style_grams, weights=None):
    """The argument weights has no effect: when it is given, layer l counts weights[l] times."""
    return sum(style_loss_layer(features_x[l], A) for l, A in style_grams.items()) / len(style_grams)


@exercise.mistake("weights")
def weights_normalised(features_x, style_grams, weights=None):
    """You divided by the sum of the weights: weights that are given are taken as they are, and need not sum to
    1."""
    w = weights or dict.fromkeys(style_grams, 1)
    return sum(w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items()) / sum(w.values())


@exercise.mistake("weights")
def weights_and_mean(features_x, style_grams, weights=None):
    """You divide by the number of layers also when weights are given: 1/len(style_grams) is only the default for
    w_l."""
    w = weights or dict.fromkeys(style_grams, 1)
    return sum(w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items()) / len(style_grams)


@exercise.mistake("weights")
def layers_of_x_counted(features_x, style_grams, weights=None):
    """The default weight counts the layers of features_x, which may hold more: count those of style_grams."""
    w = weights or dict.fromkeys(style_grams, 1 / len(features_x))
    return sum(w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items())


@exercise.mistake("weights")
def weights_squared(features_x, style_grams, weights=None):
    """Each weight is squared: in equation (8) w_l stands once, outside of E_l."""
    w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))
    return sum(w[l] ** 2 * style_loss_layer(features_x[l], A) for l, A in style_grams.items())


@exercise.mistake("weights")
def weights_by_position(features_x, style_grams, weights=None):
    """You took the weights by their place in the dict: take them by name, weights[layer]."""
    w = list(weights.values()) if weights else [1 / len(style_grams)] * len(style_grams)
    return sum(v * style_loss_layer(features_x[l], A) for v, (l, A) in zip(w, style_grams.items()))


@exercise.mistake("layers")
def last_layer(features_x, style_grams, weights=None):
    """Only the last layer counts: each pass through the loop overwrites the loss. Add to it (`+=`)."""
    w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))
    for l, A in style_grams.items():
        loss = w[l] * style_loss_layer(features_x[l], A)
    return loss


@exercise.mistake("layers")
def first_layer(features_x, style_grams, weights=None):
    """Only the first layer counts: `return` stands inside the loop. Move it out."""
    w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))
    loss = 0
    for l, A in style_grams.items():
        loss += w[l] * style_loss_layer(features_x[l], A)
        return loss


@exercise.mistake("layers")
def layers_by_position(features_x, style_grams, weights=None):
    """You paired the layers by their place in the two dicts: pair them by name, features_x[layer] with
    style_grams[layer]."""
    w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))
    return sum(w[l] * style_loss_layer(F, A) for F, (l, A) in zip(features_x.values(), style_grams.items()))


@exercise.mistake("edge")
def layers_of_x(features_x, style_grams, weights=None):
    """You loop over the layers of features_x, which may hold more of them: loop over those of style_grams."""
    w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))
    return sum(w[l] * style_loss_layer(F, style_grams[l]) for l, F in features_x.items())


@exercise.mistake("unreduced")
def one_loss_per_layer(features_x, style_grams, weights=None):
    """You returned a loss per layer: equation (8) sums them to one number."""
    w = weights or dict.fromkeys(style_grams, 1 / len(style_grams))
    return {l: w[l] * style_loss_layer(features_x[l], A) for l, A in style_grams.items()}


@exercise.mistake("weights")
def always_a_fifth(features_x, style_grams, weights=None):
    """The default weight is 1/5 however many layers there are: it is 1/len(style_grams)."""
    w = dict.fromkeys(style_grams, 0.2) if weights is None else weights
    return sum(w[layer] * style_loss_layer(features_x[layer], A) for layer, A in style_grams.items())


@exercise.mistake("formula")
def gram_made_twice(features_x, style_grams, weights=None):
    """You give style_loss_layer a Gram matrix: it takes the features F and makes the Gram matrix itself."""
    w = dict.fromkeys(style_grams, 1 / len(style_grams)) if weights is None else weights
    return sum(w[layer] * style_loss_layer(gram_matrix(features_x[layer]), A) for layer, A in style_grams.items())


@exercise.variant
def accumulates(features_x, style_grams, weights=None):
    loss = 0.0
    for layer, A in style_grams.items():
        w = 1 / len(style_grams) if weights is None else weights[layer]
        loss += w * style_loss_layer(features_x[layer], A)
    return loss


@exercise.variant
def mean_or_sum(features_x, style_grams, weights=None):
    E = {l: style_loss_layer(features_x[l], A) for l, A in style_grams.items()}
    if weights is None:
        return np.mean(list(E.values()))
    return sum(weights[l] * e for l, e in E.items())


@exercise.variant
def vectors(features_x, style_grams, weights=None):
    layers = sorted(style_grams)
    E = np.array([style_loss_layer(features_x[l], style_grams[l]) for l in layers])
    w = np.full(len(layers), 1 / len(layers)) if weights is None else np.array([weights[l] for l in layers])
    return w @ E


@exercise.variant
def without_parts(features_x, style_grams, weights=None):
    L = len(style_grams)
    total = 0
    for l in style_grams:
        F = features_x[l]
        w = (weights or {}).get(l, 1 / L) if weights is not None else 1 / L
        total += w * ((F @ F.T - style_grams[l]) ** 2).sum() / (4 * F.shape[0] ** 2 * F.shape[1] ** 2)
    return total


@exercise.variant
def float32_and_prints(features_x, style_grams, weights=None):
    total = np.float32(0)
    for l in reversed(style_grams):
        print(l)
        w = np.float32(weights[l] if weights is not None else 1 / len(style_grams))
        total += w * np.float32(style_loss_layer(features_x[l].astype("f4"), style_grams[l].astype("f4")))
    return total
