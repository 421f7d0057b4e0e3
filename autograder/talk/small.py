"""Arguments small enough to be worked out in one's head, other ones for each student."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.authoring.cases import GradedExercise
from nst.checks.toy_problems import ToyProblem

Rng = np.random.Generator


def small(exercise: GradedExercise, seed: int) -> tuple:
    """Arguments for one call. An exercise that is not known here gets the smallest of its public cases."""
    if make := KNOWN.get(exercise.name):
        return make(np.random.default_rng(seed))
    return min((case.args for case in exercise.public()), key=_size)


def _numbers(rng: Rng, *shape: int) -> np.ndarray:
    """Whole numbers from 0 to 3, as features are after a ReLU; not all of them alike."""
    numbers = rng.integers(0, 4, shape).astype(float)
    numbers.flat[0], numbers.flat[-1] = 1.0, 2.0
    return numbers


def _gram(rng: Rng) -> np.ndarray:
    F = _numbers(rng, 2, 2)
    return F @ F.T


def _two_layers(make: Callable[[Rng], np.ndarray], rng: Rng) -> dict[str, np.ndarray]:
    return {name: make(rng) for name in ("block1_conv1", "block2_conv1")}


def _features(rng: Rng) -> np.ndarray:
    return _numbers(rng, 2, 2)


def _two(rng: Rng) -> tuple:
    return _features(rng), _features(rng)


def _activation_gradients(rng: Rng) -> tuple:
    x, layer = _two_layers(_features, rng), "block1_conv1"
    return x, {layer: _features(rng)}, {layer: _gram(rng)}, 1.0, 16.0


def _style_transfer(rng: Rng) -> tuple:
    start = float(rng.integers(3, 6))
    return np.array([start]), ToyProblem("vee", np.zeros(1), np.ones(1)), 3, 1.0


def _signs(rng: Rng, *shape: int) -> np.ndarray:
    """Whole numbers without 0, half of them negative, no two alike: each ReLU has a slope, each block one winner."""
    count = int(np.prod(shape))
    return rng.permutation([n for n in range(-count // 2, count + 1) if n][:count]).reshape(shape).astype(float)


def _image_gradient(rng: Rng) -> tuple:
    layer = "block1_conv1"
    return (("relu", _signs(rng, 1, 2, 3), layer),), {layer: _numbers(rng, 3, 2)}


KNOWN: dict[str, Callable[[Rng], tuple]] = {
    "feature_matrix": lambda rng: (_numbers(rng, 2, 2, 2),),
    "inner_product": _two,
    "feature_distance": _two,
    "content_loss_layer": _two,
    "content_loss": lambda rng: (_two_layers(_features, rng), _two_layers(_features, rng)),
    "content_gradient": _two,
    "gram_matrix": lambda rng: (_numbers(rng, 2, 3),),
    "gram_matrices": lambda rng: (_two_layers(_features, rng),),
    "style_loss_layer": lambda rng: (_features(rng), _gram(rng)),
    "style_loss": lambda rng: (_two_layers(_features, rng), _two_layers(_gram, rng), None),
    "style_gradient": lambda rng: (_features(rng), _gram(rng)),
    "total_loss": lambda rng: (*map(float, rng.integers(2, 9, 2)), 1.0, 10.0),
    "activation_gradients": _activation_gradients,
    "gradient_step": lambda rng: (_numbers(rng, 3), _numbers(rng, 3), 0.5),
    "style_transfer": _style_transfer,
    "relu_backward": lambda rng: (_numbers(rng, 1, 2, 2), _signs(rng, 1, 2, 2)),
    "pool_backward": lambda rng: (_numbers(rng, 1, 1, 2), _signs(rng, 2, 2, 2), "max"),
    "conv_backward": lambda rng: (_numbers(rng, 2, 2, 1), _numbers(rng, 3, 3, 1, 1)),
    "preprocess_backward": lambda rng: (_numbers(rng, 1, 2, 3),),
    "image_gradient": _image_gradient,
}


def _size(value: Any) -> int:
    if isinstance(value, dict | tuple | list):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return int(np.size(value))


def doubled(args: tuple) -> tuple[int, tuple] | None:
    """(place, arguments) with every number of the first array, or of the first dict of arrays, twice as large."""
    for place, value in enumerate(args):
        if isinstance(value, np.ndarray):
            twice: Any = 2 * value
        elif isinstance(value, dict) and value:
            twice = {key: 2 * np.asarray(item) for key, item in value.items()}
        elif isinstance(value, float):
            twice = 2 * value
        else:
            continue
        return place, (*args[:place], twice, *args[place + 1 :])
    return None
