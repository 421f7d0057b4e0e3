"""Inputs of style_transfer: toy problems whose run is known, with descents, overshoots, ties, and holes of NaN."""

from collections.abc import Iterator

import numpy as np

from autograder.exercises.model import Inputs
from nst.checks.toy_problems import ToyProblem

NAN, INF = np.nan, np.inf


def runs(rng: np.random.Generator) -> Iterator[Inputs]:
    """(x0, loss_and_gradient, num_iterations, learning_rate)."""
    yield _case(rng, "a steady descent", _slow, _falls)
    yield _case(rng, "small improvements", _creeping, _creeps, "small")
    yield _case(rng, "very large losses", _slow, _falls, "scale", scale=2.0**40)
    yield _case(rng, "very small losses", _slow, _falls, "scale", scale=2.0**-10)
    yield _case(rng, "the lowest loss in mid-run", _overshooting, _lowest_inside, "ordinary")
    yield _case(rng, "the lowest loss in mid-run, float32", _overshooting, _lowest_inside, "ordinary", dtype=np.float32)
    yield _case(rng, "steps so large that x0 is the best", _wild, _lowest_first, "x0 best")
    yield _case(rng, "NaN in mid-run", _overshooting, _lowest_inside, "not finite", holes=lambda best: {best - 1: NAN})
    yield _case(
        rng,
        "NaN at x0 and infinity later",
        _overshooting,
        _lowest_inside,
        "NaN at x0",
        holes=lambda best: {0: NAN, best + 1: INF},
    )
    yield _case(rng, "infinity at x0", _overshooting, _lowest_inside, "infinite at x0", holes=lambda best: {0: INF})
    yield _tied(rng)
    yield _reaching_zero(rng)
    yield _never_finite(rng, INF, NAN)
    yield _never_finite(rng, NAN, INF)
    yield _case(rng, "a single iteration", _slow, lambda losses: True, "one iteration", iterations=1)


def _case(rng, about, draw, wanted, tag="ordinary", holes=None, iterations=None, dtype=float, scale=1.0):
    """Draw a problem until its losses are as wanted; then lay holes at some of the images that the run comes to."""
    while True:
        count = iterations or int(rng.integers(5, 8))
        shape = [(1, 2, 3), (2, 1, 3), (2, 2, 3)][rng.integers(3)]
        rate = int(rng.integers(2, 7)) / 16 / scale  # losses grow with 1 / rate
        x0 = (rng.integers(-8, 17, shape) / 8).astype(dtype)
        offset, stiffness = draw(rng, shape)
        problem = ToyProblem("bowl", x0 - offset, stiffness / rate)
        images, losses = _follow(problem, x0, count, rate)
        if not wanted(losses):
            continue
        if holes:
            laid = holes(int(np.argmin(losses)))
            problem = ToyProblem(
                "bowl", problem.centre, problem.stiffness, tuple(_hole(images, t, v) for t, v in laid.items())
            )
        return Inputs((x0, problem, count, rate), about, frozenset({tag}))


def _follow(problem, x, count, rate):
    """The images and losses that a right run comes to: used to shape a problem, never to judge an answer."""
    images, losses = [], []
    for _ in range(count):
        loss, slope = problem(x)
        images.append(x)
        losses.append(loss)
        x = x - rate * slope
    return images, np.array(losses)


def _hole(images, t, value):
    distance = min(np.max(np.abs(images[t] - x)) for i, x in enumerate(images) if i != t)
    return images[t].copy(), float(0.4 * distance), value  # a copy: x0 may be written to


def _signs(rng, shape):
    return rng.choice([-1.0, 1.0], shape)


def _slow(rng, shape):
    """Offsets from the centre, and stiffness times learning rate, of a run that comes nearer at each step."""
    return _signs(rng, shape) * rng.integers(8, 25, shape) / 8, rng.integers(4, 10, shape) / 16


def _creeping(rng, shape):
    """A run whose losses fall by less than a hundredth at each step."""
    return _signs(rng, shape) * rng.integers(8, 25, shape) / 8, rng.integers(4, 8, shape) / 4096


def _wild(rng, shape):
    """A run that leaves the centre at once."""
    return _signs(rng, shape) * rng.integers(1, 5, shape) / 16, rng.integers(48, 65, shape) / 16


def _overshooting(rng, shape):
    """Most entries come nearer; the first is nearly at its centre, and each step throws it farther out."""
    offset, stiffness = _slow(rng, shape)
    offset.flat[0], stiffness.flat[0] = rng.integers(1, 3) / 16, rng.integers(44, 56) / 16
    return offset, stiffness


def _falls(losses):
    return bool(np.all(losses[1:] < 0.97 * losses[:-1])) and _clearly(losses)


def _creeps(losses):
    return bool(np.all(losses[1:] < losses[:-1]) and np.all(losses[1:] > 0.99 * losses[:-1]))


def _clearly(losses):
    """Whether each improvement is large: what asks for more than any is told by the case of small ones alone."""
    best = np.minimum.accumulate(losses)
    better = np.flatnonzero(best[1:] < best[:-1])
    return bool(np.all(best[better + 1] < 0.88 * best[better]))


def _lowest_inside(losses):
    """The lowest loss is well below the others, and neither among the first two nor among the last two."""
    best = int(np.argmin(losses))
    return 2 <= best <= len(losses) - 3 and np.sort(losses)[1] > 1.02 * losses[best] and _clearly(losses)


def _lowest_first(losses):
    return bool(np.all(losses[1:] > 1.1 * losses[0]))


def _tied(rng):
    """A fold: the run reaches its bottom and jumps to and fro; all numbers are exact in float32, so losses are equal.

    The count is odd, so that the last image of equal loss is not the first one come back.
    """
    shape, rate, stiffness = (1, 2, 3), 1 / 8, int(rng.integers(2, 6))
    x0 = rng.integers(-8, 17, shape) / 8
    away = rng.integers(1, 4, shape) + 0.5
    away.flat[0] = 3.5
    problem = ToyProblem("vee", x0 - _signs(rng, shape) * away * rate * stiffness, np.full(shape, float(stiffness)))
    return Inputs((x0, problem, 7, rate), "equal lowest losses", frozenset({"ties"}))


def _reaching_zero(rng):
    """A fold whose bottom the run reaches exactly, and where it stays."""
    shape, rate, stiffness = (1, 2, 3), 1 / 8, int(rng.integers(2, 6))
    x0 = rng.integers(-8, 17, shape) / 8
    away = rng.integers(1, 4, shape)
    away.flat[0] = 3
    problem = ToyProblem("vee", x0 - _signs(rng, shape) * away * rate * stiffness, np.full(shape, float(stiffness)))
    return Inputs((x0, problem, 7, rate), "a loss of exactly zero", frozenset({"zero loss"}))


def _never_finite(rng, first, later):
    shape, rate, count = (1, 2, 3), int(rng.integers(2, 7)) / 16, 5
    x0 = rng.integers(-8, 17, shape) / 8
    offset, stiffness = _slow(rng, shape)
    everywhere = ((x0.copy(), INF, later), (x0.copy(), 1e-3, first))
    problem = ToyProblem("bowl", x0 - offset, stiffness / rate, everywhere)
    about = f"no finite loss at all, {first} at x0"
    return Inputs((x0, problem, count, rate), about, frozenset({"never finite"}))
