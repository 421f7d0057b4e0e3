"""content_loss: equation (4). Its known mistakes, and other right answers."""

import numpy as np

from autograder.exercises.inputs import dict_pairs
from autograder.exercises.model import EQUAL, EXTRA_LAYERS, ORDER_OF_LAYERS, AtWork, Exercise, Limit, PartCall


def part_calls(features_x: dict[str, np.ndarray], features_p: dict[str, np.ndarray]) -> list[PartCall]:
    """The loss is symmetric: its arguments may come in either order."""
    pairs = [(features_x[layer], P) for layer, P in features_p.items()]
    return [("content_loss_layer", args) for F, P in pairs for args in ((F, P), (P, F))]


exercise = Exercise(
    "content_loss",
    dict_pairs,
    parts=("content_loss_layer",),
    part_calls=part_calls,
    limits=(
        Limit(
            "one_layer_only",
            "layers",
            "several",
            "Right for one layer, wrong for several: does the sum go over all layers of features_p, "
            "and is each paired by its name?",
        ),
        EXTRA_LAYERS,
        ORDER_OF_LAYERS,
        EQUAL,
    ),
    at_work=AtWork("{F} {F}", filters=64, positions=16384, calls=137),
)


@exercise.mistake("layers")
def mean_over_layers(features_x, features_p):
    """You averaged over the layers: equation (4) sums them, without weights."""
    return sum(content_loss_layer(features_x[l], P) for l, P in features_p.items()) / len(features_p)


@exercise.mistake("layers")
def last_layer(features_x, features_p):
    """Only the last layer counts: each pass through the loop overwrites the loss. Add to it (`+=`)."""
    for l, P in features_p.items():
        loss = content_loss_layer(features_x[l], P)
    return loss


@exercise.mistake("layers")
def first_layer(features_x, features_p):
    """Only the first layer counts: `return` stands inside the loop. Move it out."""
    loss = 0
    for l, P in features_p.items():
        loss += content_loss_layer(features_x[l], P)
        return loss


@exercise.mistake("layers")
def by_position(features_x, features_p):
    """You paired the layers by their place in the two dicts: pair them by name, features_x[layer] with
    features_p[layer]."""
    return sum(content_loss_layer(F, P) for F, P in zip(features_x.values(), features_p.values()))


@exercise.mistake("edge")
def layers_of_x(features_x, features_p):
    """You loop over the layers of features_x, which may hold more of them: loop over those of features_p."""
    return sum(content_loss_layer(F, features_p[l]) for l, F in features_x.items())


@exercise.mistake("unreduced")
def one_loss_per_layer(features_x, features_p):
    """You returned a loss per layer: sum them to one number."""
    return {l: content_loss_layer(features_x[l], P) for l, P in features_p.items()}


@exercise.mistake("unreduced")
def list_of_losses(features_x, features_p):
    """You returned a list with the layers' losses: equation (4) is their sum."""
    return [content_loss_layer(features_x[l], P) for l, P in features_p.items()]


@exercise.mistake("formula")
def product(features_x, features_p):
    """You multiplied the layers' losses: equation (4) adds them."""
    return np.prod([content_loss_layer(features_x[l], P) for l, P in features_p.items()])


@exercise.mistake("factor")
def halved_again(features_x, features_p):
    """The 1/2 is there twice: content_loss_layer has it already."""
    return 0.5 * sum(content_loss_layer(features_x[l], P) for l, P in features_p.items())


@exercise.mistake("formula")
def largest(features_x, features_p):
    """You took the largest of the layers' losses: equation (4) adds all of them."""
    return max(content_loss_layer(features_x[l], P) for l, P in features_p.items())


@exercise.variant
def accumulates(features_x, features_p):
    loss = 0.0
    for layer in features_p:
        loss += content_loss_layer(features_x[layer], features_p[layer])
    return loss


@exercise.variant
def without_parts(features_x, features_p):
    return sum(0.5 * np.sum((features_x[l] - P) ** 2) for l, P in features_p.items())


@exercise.variant
def array_of_losses(features_x, features_p):
    return np.array([content_loss_layer(features_x[l], features_p[l]) for l in sorted(features_p)]).sum()


@exercise.variant
def arguments_turned(features_x, features_p):
    return float(sum(content_loss_layer(features_p[l], features_x[l]) for l in reversed(features_p)))


@exercise.variant
def common_layers(features_x, features_p):
    print("layers", list(features_p))
    return np.sum([content_loss_layer(F, features_p[l]) for l, F in features_x.items() if l in features_p])
