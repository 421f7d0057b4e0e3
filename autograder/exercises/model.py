"""What is known of an exercise: how to draw inputs, which mistakes are made, which other answers are right."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Inputs:
    """Arguments of one case; `about` completes "With ..." in a hint, `tags` are what rules refer to."""

    args: tuple
    about: str
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """A known mistake. `body` is the body of the wrong function (or a whole cell that defines it), run to get its
    answers; `kind` is a row of credit.toml; `hint` names the mistake and where to look, in one or two sentences."""

    name: str
    kind: str
    body: str
    hint: str


@dataclass(frozen=True)
class Limit:
    """An answer that is wrong in all and only cases of a tag; `kind` is a row of credit.toml."""

    name: str
    kind: str
    tag: str
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One exercise. `variants` are bodies of other right answers; `parts` are the exercises whose functions it may call
    (a mistake there is paid for there); `part_calls(*args)` adds calls of parts that the reference does not make."""

    name: str
    inputs: Callable[[np.random.Generator], Iterable[Inputs]]
    mistakes: tuple[Known, ...]
    variants: dict[str, str]
    limits: tuple[Limit, ...] = ()
    parts: tuple[str, ...] = ()
    part_calls: Callable[..., Iterable[tuple[str, tuple]]] | None = None


def grid(rng, *shape, scale=1.0, dtype=float, zeros=True):
    """Signed multiples of 1/8 between -4 and 4, times `scale`; every fifth or so exactly zero.

    Products and sums of such numbers are exact in float64, so that files of cases have the same bytes everywhere.
    """
    values = rng.integers(1, 33, shape) * rng.choice([-1, 1], shape) / 8
    if zeros:
        values = np.where(rng.random(shape) < 0.2, 0.0, values)
    return (values * scale).astype(dtype)


def distinct(rng, low, high, count):
    """`count` different whole numbers from low ... high - 1, in random order."""
    return [int(n) for n in rng.permutation(np.arange(low, high))[:count]]


def matrix_shapes(rng):
    """(shape (N, M), about, tags, scale, dtype): the shapes of feature matrices that every exercise is tried on."""
    few, many = sorted(distinct(rng, 3, 9, 2))
    side, rows, columns = int(rng.integers(3, 6)), int(rng.integers(3, 7)), int(rng.integers(4, 9))
    more, most = sorted(distinct(rng, 6, 12, 2))
    oblong = frozenset({"oblong"})
    return [
        ((few, many), f"N = {few} filters and M = {many} positions", oblong, 1.0, float),
        ((many, few), f"more filters than positions (N = {many}, M = {few})", oblong | {"N > M"}, 1.0, float),
        ((side, side), f"as many filters as positions (N = M = {side})", frozenset({"square"}), 1.0, float),
        ((1, columns), f"one filter (N = 1, M = {columns})", oblong, 1.0, float),
        ((rows, 1), f"one position (N = {rows}, M = 1)", oblong | {"N > M"}, 1.0, float),
        ((more, most), f"float32 features (N = {more}, M = {most})", oblong, 1.0, np.float32),
        ((few, many + 1), f"large values (N = {few}, M = {many + 1})", oblong, 1024.0, float),
    ]


SQUARE_ONLY = Limit(
    "square_only",
    "square",
    "oblong",
    "Right when there are as many filters as positions, wrong otherwise: rows and columns, or N and M, are confused.",
)
