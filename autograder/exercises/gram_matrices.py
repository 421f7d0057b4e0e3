"""gram_matrices: equation (6) at every layer. Its known mistakes, and other right answers."""

from autograder.exercises.inputs import dicts
from autograder.exercises.model import AtWork, Exercise, Limit

exercise = Exercise(
    "gram_matrices",
    dicts,
    parts=("gram_matrix",),
    limits=(
        Limit(
            "one_layer_only",
            "layers",
            "several",
            "Right for one layer, wrong for several: look at the loop over the layers.",
        ),
        Limit(
            "style_layers_only",
            "edge",
            "other layers",
            "Right for the five layers of the style only: take the layers that features has, whatever they are called.",
        ),
    ),
    at_work=AtWork("{F}", filters=64, positions=36864, calls=8),
)


@exercise.mistake("container")
def list_of_grams(features):
    """You returned a list, which forgets the layers' names: return a dict, layer -> Gram matrix."""
    return [gram_matrix(F) for F in features.values()]


@exercise.mistake("container")
def list_of_pairs(features):
    """You returned a list of pairs: return a dict, layer -> Gram matrix (`dict(pairs)` makes one)."""
    return [(layer, gram_matrix(F)) for layer, F in features.items()]


@exercise.mistake("layers")
def last_layer(features):
    """Only the last layer is there: a new dict is made in each pass of the loop. Make it once, before the loop."""
    for layer, F in features.items():
        grams = {layer: gram_matrix(F)}
    return grams


@exercise.mistake("layers")
def first_layer(features):
    """Only the first layer is there: `return` stands inside the loop. Move it out."""
    grams = {}
    for layer, F in features.items():
        grams[layer] = gram_matrix(F)
        return grams


@exercise.mistake("container")
def numbered(features):
    """The keys are numbers: use the layers' names, the keys of features."""
    return {i: gram_matrix(F) for i, F in enumerate(features.values())}


@exercise.mistake("layers")
def one_for_all(features):
    """All layers have the Gram matrix of the last one: use each layer's own features[layer]."""
    F = list(features.values())[-1]
    return {layer: gram_matrix(F) for layer in features}


@exercise.mistake("formula")
def features_kept(features):
    """These are the features themselves: apply gram_matrix to each."""
    return dict(features)


@exercise.mistake("in_place")
def in_place(features):
    """The matrices are right, but you wrote them into the argument, so that the features are lost: fill a new
    dict."""
    for layer in features:
        features[layer] = gram_matrix(features[layer])
    return features


@exercise.mistake("weights")
def averaged(features):
    """You divided by the number of layers: that weight belongs to the style loss (8), not to the Gram matrices."""
    return {layer: gram_matrix(F) / len(features) for layer, F in features.items()}


@exercise.variant
def loop(features):
    grams = {}
    for layer in features:
        grams[layer] = gram_matrix(features[layer])
    return grams


@exercise.variant
def without_parts(features):
    return {layer: F @ F.T for layer, F in features.items()}


@exercise.variant
def other_order(features):
    return {layer: gram_matrix(features[layer]) for layer in sorted(features, reverse=True)}


@exercise.variant
def ordered_dict(features):
    from collections import OrderedDict

    return OrderedDict((l, gram_matrix(F)) for l, F in features.items())


@exercise.variant
def mapped(features):
    print("layers:", *features)
    return dict(zip(features, map(gram_matrix, features.values())))
