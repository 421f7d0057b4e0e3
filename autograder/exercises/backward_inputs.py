"""Inputs of the exercises that carry a gradient backwards: maps (H, W, N), kernels (3, 3, in, out), whole networks.

No number is zero, so that a ReLU has a slope everywhere, and no two of a map are equal, so that each block of a pooling
has one winner.
"""

from collections.abc import Iterator

import numpy as np

from autograder.exercises.inputs import distinct, grid, small
from autograder.exercises.model import Inputs

Step = tuple[str, np.ndarray, str]


def signed(rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype: type = float) -> np.ndarray:
    """Signed multiples of 1/8, none of them zero."""
    return grid(rng, *shape, scale=scale, dtype=dtype, zeros=False)


def different(rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype: type = float) -> np.ndarray:
    """Signed numbers, all different and none of them zero: odd multiples of 1/8."""
    size = int(np.prod(shape))
    values = 2 * rng.permutation(size) + 1 - size - size % 2
    return (values.reshape(shape) / 8 * scale).astype(dtype)


def gradients_and_maps(rng: np.random.Generator) -> Iterator[Inputs]:
    """(g, z): the gradient above a ReLU, and what went into it."""
    height, width, filters = distinct(rng, 2, 7, 3)
    shapes = [
        ((height, width, filters), "shape {}", 1.0, float),
        ((width, height, filters + 1), "shape {}", 1.0, float),
        ((filters, filters, 2), "a square of shape {}", 1.0, float),
        ((height, width, 1), "one filter, in shape {}", 1.0, float),
        ((1, 1, 8), "one position, in shape {}", 1.0, float),
        ((4, 5, 3), "float32 numbers of shape {}", 1.0, np.float32),
        ((height, width, filters), "large numbers of shape {}", 1024.0, float),
    ]
    yield Inputs((small(rng, 2, 3, 2), small(rng, 2, 3, 2)), "small maps of shape (2, 3, 2)")
    for shape, about, scale, dtype in shapes:
        g, z = signed(rng, *shape, scale=scale, dtype=dtype), different(rng, *shape, scale=scale, dtype=dtype)
        yield Inputs((g, z), about.format(shape))


def gradients_of_pools(rng: np.random.Generator) -> Iterator[Inputs]:
    """(g, a, kind): the gradient below a pooling by 2 x 2, what went into it, and which pooling it was."""
    high, wide, filters = 3, 2, int(rng.integers(2, 4))
    shapes = [
        ((4, 6, 2), "a small map"),
        ((2 * high, 2 * wide, filters), "even sides"),
        ((2 * high + 1, 2 * wide, filters), "an odd height"),
        ((2 * high, 2 * wide + 1, filters), "an odd width"),
        ((2 * wide + 1, 2 * high + 1, filters), "odd sides"),
        ((2 * wide, 2 * high, 1), "one filter"),
    ]
    for shape, about in shapes:
        for kind in ("max", "average"):
            (rows, columns, count), small_one = shape, about == "a small map"
            g = (small if small_one else signed)(rng, rows // 2, columns // 2, count)
            tags = {kind} | ({"odd"} if rows % 2 or columns % 2 else set())
            dtype = np.float32 if about == "even sides" else float
            args = (g.astype(dtype), different(rng, *shape, dtype=dtype), kind)
            yield Inputs(args, f"{about}, {kind} pooling, a of shape {shape}", frozenset(tags))


def gradients_and_kernels(rng: np.random.Generator) -> Iterator[Inputs]:
    """(g, kernel): the gradient above a convolution, and its kernel (3, 3, in, out)."""
    high, wide = distinct(rng, 3, 7, 2)
    few, many = sorted(distinct(rng, 2, 5, 2))
    shapes = [
        ((2, 3, 1, 2), "a small map", float),
        ((high, wide, few, many), "more channels out than in", float),
        ((wide, high, many, few), "more channels in than out", float),
        ((high, wide, few, few), "as many channels in as out", float),
        ((wide, wide, many, many), "as many channels in as out, and a square map", float),
        ((high, wide, 1, 1), "one channel in and out", float),
        ((1, wide, few, many), "a map of one row", float),
        ((5, 4, 3, 2), "float32 numbers", np.float32),
    ]
    for (rows, columns, into, out), about, dtype in shapes:
        draw = small if about == "a small map" else signed
        g, kernel = draw(rng, rows, columns, out).astype(dtype), draw(rng, 3, 3, into, out).astype(dtype)
        tags = frozenset({"unequal"} if into != out else {"equal"})
        yield Inputs((g, kernel), f"{about}: g of shape {g.shape}, kernel {kernel.shape}", tags)


def gradients_of_inputs(rng: np.random.Generator) -> Iterator[Inputs]:
    """(g,): the gradient for what goes into the first layer, (H, W, 3)."""
    height, width = distinct(rng, 2, 7, 2)
    yield Inputs((small(rng, 2, 3, 3),), "a small map of shape (2, 3, 3)")
    for shape, scale, dtype in (
        ((height, width, 3), 1.0, float),
        ((width, height, 3), 1.0, float),
        ((3, 3, 3), 1.0, float),
        ((1, 4, 3), 1.0, float),
        ((5, 4, 3), 1.0, np.float32),
        ((height, width, 3), 2.0**-10, float),
    ):
        about = "small numbers" if scale < 1 else "float32 numbers" if dtype is np.float32 else "a map"
        yield Inputs((signed(rng, *shape, scale=scale, dtype=dtype),), f"{about} of shape {shape}")


def networks(rng: np.random.Generator) -> Iterator[Inputs]:
    """(steps, wishes): a small network's steps, and gradients (N, M) for some of its layers."""
    plans = [
        ("one layer", [(2, "")], (3, 4), [0], set()),
        ("two layers, a wish for the last", [(2, ""), (3, "")], (3, 4), [1], set()),
        ("two layers, a wish for each", [(3, ""), (2, "")], (4, 3), [0, 1], {"several"}),
        ("max pooling between two layers", [(2, ""), (3, "max")], (4, 6), [1], {"max"}),
        ("average pooling between two layers", [(2, ""), (3, "average")], (6, 4), [1], {"average"}),
        (
            "max pooling of odd sides, three wishes",
            [(2, ""), (3, "max"), (2, "")],
            (5, 4),
            [0, 1, 2],
            {"max", "several"},
        ),
        ("two poolings, a wish between", [(2, ""), (3, "average"), (2, "max")], (4, 5), [1], {"beyond"}),
        ("no wish for the last layers", [(3, ""), (2, ""), (3, "")], (3, 4), [0], {"beyond"}),
        ("the layers of wishes in another order", [(2, ""), (3, ""), (2, "")], (2, 3), [2, 0], {"several"}),
    ]
    for about, plan, sides, wished, tags in plans:
        steps, layers = network(rng, plan, *sides)
        wishes = {layers[i][0]: signed(rng, *layers[i][1]) for i in wished}
        yield Inputs((steps, wishes), about, frozenset(tags))


NAMES = ("block1_conv1", "block2_conv1", "block3_conv1")


def network(
    rng: np.random.Generator, plan: list[tuple[int, str]], height: int, width: int
) -> tuple[tuple[Step, ...], list[tuple[str, tuple[int, int]]]]:
    """The steps of a network of (filters, pooling before it) layers, and (name, shape of F) of each layer.

    What the steps kept is drawn, as nothing follows from how it came about; kernels are small, so that numbers are.
    """
    steps: list[Step] = []
    layers, channels = [], 3
    for name, (filters, pooling) in zip(NAMES, plan, strict=False):
        if pooling:
            steps.append((pooling, different(rng, height, width, channels), name.replace("conv1", "pool")))
            height, width = height // 2, width // 2
        steps.append(("conv", signed(rng, 3, 3, channels, filters, scale=0.25), name))
        steps.append(("relu", different(rng, height, width, filters), name))
        layers.append((name, (filters, height * width)))
        channels = filters
    return tuple(steps), layers
