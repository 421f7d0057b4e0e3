"""Inputs of the exercises: what each one is tried on, drawn at random."""

from collections.abc import Iterator, Sequence

import numpy as np

from autograder.exercises.model import Inputs

Shape = tuple[int, int]  # (N, M) of a feature matrix


def grid(
    rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype: type = float, zeros: bool = True
) -> np.ndarray:
    """Signed multiples of 1/8 between -4 and 4, times `scale`; every fifth or so exactly zero.

    Products and sums of such numbers are exact in float64, so that files of cases have the same bytes everywhere.
    """
    values = rng.integers(1, 33, shape) * rng.choice([-1, 1], shape) / 8
    if zeros:
        values = np.where(rng.random(shape) < 0.2, 0.0, values)
        if values.size > 1:  # a mask shows in every draw
            values.flat[rng.integers(values.size)] = 0.0
    return (values * scale).astype(dtype)


def small(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Whole numbers from -3 to 3 without 0: few and short enough to be shown beside a hint."""
    return rng.integers(1, 4, shape) * rng.choice([-1.0, 1.0], shape)


def unlike(P: np.ndarray, F: np.ndarray) -> np.ndarray:
    """P with other numbers where it equals F: what happens there is the business of a case of its own."""
    return np.where(P == F, F + np.ones_like(F) * max(1, np.abs(F).max() / 4), P).astype(P.dtype)


def distinct(rng: np.random.Generator, low: int, high: int, count: int) -> list[int]:
    """`count` different whole numbers from low ... high - 1, in random order."""
    return [int(n) for n in rng.permutation(np.arange(low, high))[:count]]


def matrix_shapes(rng: np.random.Generator) -> list[tuple[Shape, str, frozenset[str], float, type]]:
    """(shape (N, M), about, tags, scale, dtype): the shapes of feature matrices that every exercise is tried on."""
    few, many = sorted(distinct(rng, 4, 9, 2))
    side, rows, columns = int(rng.integers(3, 6)), int(rng.integers(3, 7)), int(rng.integers(4, 9))
    more, most = sorted(distinct(rng, 6, 12, 2))
    oblong = frozenset({"oblong"})
    return [
        ((2, 3), SMALL, oblong, 1.0, float),
        ((few, many), f"N = {few} filters and M = {many} positions", oblong, 1.0, float),
        ((many, few), f"more filters than positions (N = {many}, M = {few})", oblong | {"N > M"}, 1.0, float),
        ((side, side), f"as many filters as positions (N = M = {side})", frozenset({"square"}), 1.0, float),
        ((side + 2, side + 2), f"as many filters as positions (N = M = {side + 2})", frozenset({"square"}), 1.0, float),
        ((1, columns), f"one filter (N = 1, M = {columns})", oblong, 1.0, float),
        ((rows, 1), f"one position (N = {rows}, M = 1)", oblong | {"N > M"}, 1.0, float),
        ((more, most), f"float32 features (N = {more}, M = {most})", oblong, 1.0, np.float32),
        ((few, many + 1), f"large values (N = {few}, M = {many + 1})", oblong, 1024.0, float),
        ((few, many), f"other numbers in a shape that was there (N = {few}, M = {many})", oblong, 1.0, float),
        ((many, few), SILENT, oblong | {"silent", "N > M"}, 1.0, float),
    ]


SMALL = "a small matrix"
SILENT = "a silent filter, a row of zeros"


def matrix(rng: np.random.Generator, shape: Shape, about: str, scale: float, dtype: type) -> np.ndarray:
    """A feature matrix for one row of `matrix_shapes`."""
    if about == SMALL:
        return small(rng, *shape)
    F = grid(rng, *shape, scale=scale, dtype=dtype)
    if about == SILENT:
        F[int(rng.integers(shape[0]))] = 0.0
    return F


def activations(rng: np.random.Generator) -> Iterator[Inputs]:
    """Activations (H, W, N), signed so that any clipping shows."""
    height, width, filters = distinct(rng, 2, 6, 3)
    side = int(rng.integers(2, 5))
    shapes = [
        ((height, width, filters), "an activation of shape {}", {"H != W"}, 1.0, float),
        ((width, height, filters + 1), "an activation of shape {}", {"H != W"}, 1.0, float),
        ((side, side, side + 1), "a square activation of shape {}", {"H = W"}, 1.0, float),
        ((2, 1, filters + 6), "more filters than positions, in shape {}", {"H != W", "N > M"}, 1.0, float),
        ((height, width, 1), "one filter, in shape {}", {"H != W"}, 1.0, float),
        ((1, 1, filters), "one position, in shape {}", {"H = W"}, 1.0, float),
        ((6, 7, 5), "float32 values of shape {}", {"H != W"}, 1.0, np.float32),
        ((height + 1, width + 2, filters), "large values of shape {}", {"H != W"}, 1024.0, float),
        ((height, width, filters), "other numbers in the first shape, {}", {"H != W"}, 1.0, float),
    ]
    yield Inputs((small(rng, 2, 3, 2),), "a small activation of shape (2, 3, 2)", frozenset({"H != W"}))
    alike = grid(rng, height, width, filters)
    alike[..., 1] = alike[..., 0]
    yield Inputs((alike,), f"two filters alike, in shape {alike.shape}", frozenset({"H != W"}))
    for shape, about, tags, scale, dtype in shapes:
        yield Inputs((grid(rng, *shape, scale=scale, dtype=dtype),), about.format(shape), frozenset(tags))


def pairs(rng: np.random.Generator) -> Iterator[Inputs]:
    """Two feature matrices (F, P) of one shape."""
    for shape, about, tags, scale, dtype in matrix_shapes(rng):
        F, P = (matrix(rng, shape, about, scale, dtype) for _ in "FP")
        yield Inputs((F, unlike(P, F)), about, tags)
    F = grid(rng, *EVEN)
    yield Inputs((F, F.copy()), "F equal to P", frozenset({"equal", "oblong"}))


EVEN = (2, 8)  # a product that is a power of 2: where the right answer is zero, no rounding spoils it

# Layers have fixed names, and so which of them a function takes is no matter of luck.
LAYERS = ("block4_conv2", "block1_conv1", "block3_conv1", "block5_conv1")


def features(rng: np.random.Generator, layers: Sequence[str], shapes: Sequence[Shape]) -> dict[str, np.ndarray]:
    """Layer -> feature matrix of that shape."""
    return {layer: grid(rng, *shape) for layer, shape in zip(layers, shapes, strict=True)}


def shapes_of(rng: np.random.Generator, count: int) -> list[Shape]:
    """`count` different shapes (N, M), some with more filters than positions."""
    return list(zip(distinct(rng, 2, 8, count), distinct(rng, 3, 9, count), strict=True))


def dict_pairs(rng: np.random.Generator) -> Iterator[Inputs]:
    """Features of x and of p: one layer, several, more layers in x than in p, in another order, equal ones."""
    names, shapes = list(LAYERS), shapes_of(rng, 4)
    little = {layer: small(rng, *shape) for layer, shape in zip(names, ((2, 2), (1, 3)), strict=False)}
    less = {layer: small(rng, *F.shape) for layer, F in little.items()}
    yield Inputs((little, less), "two small layers", frozenset({"several"}))
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
    again = features(rng, names[:1], shapes[:1]), features(rng, names[:1], shapes[:1])
    yield Inputs(again, "one layer, with other numbers", frozenset({"one layer"}))
    x = features(rng, names[:2], [EVEN] * 2)
    yield Inputs((x, {layer: F.copy() for layer, F in x.items()}), "equal features", frozenset({"several", "equal"}))


def matrices(rng: np.random.Generator) -> Iterator[Inputs]:
    """One feature matrix F."""
    for shape, about, tags, scale, dtype in matrix_shapes(rng):
        yield Inputs((matrix(rng, shape, about, scale, dtype),), about, tags)


def dicts(rng: np.random.Generator) -> Iterator[Inputs]:
    """Features of one layer and of several."""
    names, shapes = ["block3_conv1", "block1_conv1", "block5_conv1", "block2_conv1"], shapes_of(rng, 4)
    little = {"block1_conv1": small(rng, 2, 3), "block2_conv1": small(rng, 1, 2)}
    yield Inputs((little,), "two small layers", frozenset({"several"}))
    for count, about in ((1, "one layer"), (1, "one layer, with other numbers"), (4, "four layers")):
        tags = frozenset({"several"} if count > 1 else {"one layer"})
        yield Inputs((features(rng, names[:count], shapes[:count]),), about, tags)
    yield Inputs((features(rng, names[:3], [shapes[0]] * 3),), "three layers of one shape", frozenset({"several"}))
    names = ["block4_conv2", "block1_conv1", "block2_conv2"]
    about = "layers that are not among the five of the style"
    yield Inputs((features(rng, names, shapes[1:]),), about, frozenset({"several", "other layers"}))


def gram_like(rng: np.random.Generator, N: int, scale: float = 1.0, dtype: type = float) -> np.ndarray:
    """A matrix A that a style image could have: a Gram matrix of other features over other positions."""
    S = grid(rng, N, N + 2, scale=scale)
    return (S @ S.T).astype(dtype)


def matrices_and_grams(rng: np.random.Generator) -> Iterator[Inputs]:
    """(F, A)."""
    for (N, M), about, tags, scale, dtype in matrix_shapes(rng):
        scale = min(scale, 64.0)  # style losses grow with the fourth power
        F = matrix(rng, (N, M), about, scale, dtype)
        S = small(rng, N, 2) if about == SMALL else None
        yield Inputs((F, gram_like(rng, N, scale, dtype) if S is None else S @ S.T), about, tags)
    F = grid(rng, *EVEN)
    yield Inputs((F, F @ F.T), "G equal to A, the style itself", frozenset({"equal", "oblong"}))


def grams(rng: np.random.Generator, layers: Sequence[str], shapes: Sequence[Shape]) -> dict[str, np.ndarray]:
    """Layer -> A for features of these shapes."""
    return {layer: gram_like(rng, N) for layer, (N, _) in zip(layers, shapes, strict=True)}


def weighted(rng: np.random.Generator, layers: Sequence[str]) -> dict[str, float]:
    """Layer -> weight, not summing to 1."""
    return {layer: int(n) / 4 for layer, n in zip(layers, distinct(rng, 1, 9, len(layers)), strict=True)}


def dicts_and_weights(rng: np.random.Generator) -> Iterator[Inputs]:
    """(features_x, style_grams) and (features_x, style_grams, weights)."""
    names, shapes = list(LAYERS), shapes_of(rng, 4)
    little = {layer: small(rng, *shape) for layer, shape in zip(names, ((2, 3), (1, 2)), strict=False)}
    other = {layer: (lambda S: S @ S.T)(small(rng, len(F), 2)) for layer, F in little.items()}
    yield Inputs((little, other), "two small layers", frozenset({"several"}))
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
    w = {names[1]: float(rng.integers(3, 6)), names[0]: 0.25}
    yield Inputs((x, A, w), "the weights in another order", given | {"several"})
    yield Inputs((x, A, {names[0]: 0.0, names[1]: w[names[1]]}), "one weight zero", given | {"several", "zero"})
    again = features(rng, names[:1], shapes[:1]), grams(rng, names[:1], shapes[:1])
    yield Inputs(again, "one layer, with other numbers", one)
    x, A = features(rng, names[:4], shapes), grams(rng, names[1:3], shapes[1:3])
    w = weighted(rng, names[1:4])
    yield Inputs((x, A, w), "more weights than style layers, and more features", given | {"several", "more in x"})
    x = features(rng, names[:2], [EVEN] * 2)
    A = {layer: F @ F.T for layer, F in x.items()}
    yield Inputs((x, A), "the style itself", frozenset({"several", "equal"}))


def losses_and_weights(rng: np.random.Generator) -> Iterator[Inputs]:
    """(content, style, alpha, beta), numbers and 0-d arrays."""

    def draw(high):
        return int(rng.integers(3, high)) / 8

    def total(content, style, alpha, beta):
        return alpha * content + beta * style

    plain = iter(lambda: (draw(80), draw(80), draw(20), draw(20)), None)
    ordinary = next(args for args in plain if total(*args) % 1 > 0.5)  # rounded, and rounded down, it is two numbers
    yield Inputs(ordinary, "ordinary numbers", frozenset({"ordinary"}))
    yield Inputs((draw(800), draw(8), draw(8), 1000 * draw(20)), "a large beta", frozenset({"ordinary"}))
    yield Inputs((draw(80), draw(80), 0.0, draw(20)), "alpha zero", frozenset({"zero"}))
    yield Inputs((draw(80), draw(80), draw(20), 0.0), "beta zero", frozenset({"zero"}))
    args = tuple(np.array(draw(60)) for _ in range(4))
    yield Inputs(args, "0-d arrays", frozenset({"ordinary"}))
    losses = np.float32(draw(80)), np.float32(draw(80))
    yield Inputs((*losses, draw(20), draw(20)), "float32 numbers", frozenset({"ordinary"}))


def weighted_features(rng: np.random.Generator) -> Iterator[Inputs]:
    """(features_x, features_p, style_grams, alpha, beta)."""
    names, shapes = list(LAYERS), shapes_of(rng, 4)

    def case(content, style, alpha, beta, extra=()):
        used = [i for i in range(4) if i in content or i in style or i in extra]
        x = features(rng, [names[i] for i in used], [shapes[i] for i in used])
        p = features(rng, [names[i] for i in content], [shapes[i] for i in content])
        return x, p, grams(rng, [names[i] for i in style], [shapes[i] for i in style]), alpha, beta

    drawn = iter(lambda: [int(n) / 4 for n in distinct(rng, 2, 14, 2)], None)
    alpha, beta = next(pair for pair in drawn if pair[0] % 1)  # no whole number: rounding down shows in every draw
    big = 64 * beta
    little = {names[0]: small(rng, 1, 2), names[1]: small(rng, 2, 2)}
    p, A = {names[0]: small(rng, 1, 2)}, {names[1]: (lambda S: S @ S.T)(small(rng, 2, 2))}
    yield Inputs((little, p, A, 2.0, 3.0), "two small layers", frozenset({"ordinary"}))
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
    yield Inputs(case([0], [1], beta, 2 * big), "the first layers again, other numbers", frozenset({"ordinary"}))
    x = features(rng, names[:2], [EVEN] * 2)
    equal = x, {names[0]: x[names[0]].copy()}, {layer: F @ F.T for layer, F in x.items()}, alpha, beta
    yield Inputs(equal, "both losses zero", frozenset({"equal", "shared", "several"}))


def steps(rng: np.random.Generator) -> Iterator[Inputs]:
    """(x, gradient, learning_rate); x partly outside of [0, 1]."""
    height, width = distinct(rng, 2, 6, 2)
    shapes = [
        ((height, width, 3), "a float32 image", np.float32, 1.0),
        ((height, width, 3), "a float64 image", float, 1.0),
        ((1, 1, 3), "an image of one pixel", float, 1.0),
        ((width, height, 3), "a float32 image of another shape", np.float32, 1.0),
        ((height, width, 3), "a large gradient", float, 1024.0),
        ((width, height), "an array with two axes", float, 1.0),
    ]
    yield Inputs((small(rng, 2, 2), small(rng, 2, 2), 0.5), "a small array")
    for shape, about, dtype, scale in shapes:
        rate = int(rng.integers(3, 16)) / 16
        x = grid(rng, *shape, scale=0.5, dtype=dtype)
        yield Inputs((x, grid(rng, *shape, scale=scale, dtype=dtype), rate), about)
    x, rate = grid(rng, height, width, 3, scale=0.5), int(rng.integers(3, 16)) / 16
    yield Inputs((x, np.zeros(x.shape), rate), "a gradient of zero", frozenset({"equal"}))
