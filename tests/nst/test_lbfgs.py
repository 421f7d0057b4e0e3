"""Bounded L-BFGS against the dense formula it stands for, and on problems whose minimum is known."""

import numpy as np
import pytest

from nst import lbfgs
from nst.lbfgs import LBFGS

SHAPE = (12, 10, 3)


def quadratic(curvature, minimum):
    """A loss_and_gradient with these second derivatives, number by number."""
    return lambda x: (float(np.sum(curvature * (x - minimum) ** 2) / 2), np.float32(curvature * (x - minimum)))


def evaluations(loss_and_gradient, optimizer, target, limit=300):
    """How many evaluations until the loss is at most `target`."""
    for count in range(1, limit + 1):
        loss, gradient = loss_and_gradient(optimizer.x)
        if loss <= target:
            return count
        optimizer.tell(loss, gradient)
    return limit + 1


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_the_inverse_hessian_is_that_of_bfgs_on_the_kept_pairs(rng):
    numbers = np.prod(SHAPE)
    pairs, scale = lbfgs._Pairs(numbers), rng.uniform(0.5, 2, numbers)
    kept = []
    for _ in range(lbfgs.MEMORY + 3):
        s = rng.normal(size=SHAPE).astype(np.float32)
        y = s * np.float32(2) + rng.normal(size=SHAPE).astype(np.float32) * np.float32(0.3)
        assert pairs.add(s, y)
        kept = [*kept, (np.float64(s.ravel()), np.float64(y.ravel()))][-lbfgs.MEMORY :]
    s, y = kept[-1]
    dense = np.diag(scale) * (s @ y) / (y @ (scale * y))
    for s, y in kept:
        V = np.eye(numbers) - np.outer(y, s) / (s @ y)
        dense = V.T @ dense @ V + np.outer(s, s) / (s @ y)
    g = rng.normal(size=SHAPE).astype(np.float32)
    got = pairs.inverse_hessian(g, np.float32(scale).reshape(SHAPE))
    np.testing.assert_allclose(got.ravel(), dense @ g.ravel(), rtol=1e-3, atol=1e-4)


def test_a_pair_of_negative_curvature_is_not_kept(rng):
    pairs, s = lbfgs._Pairs(np.prod(SHAPE)), rng.normal(size=SHAPE).astype(np.float32)
    assert not pairs.add(s, -s) and not pairs.add(s, np.float32(np.nan) * s) and len(pairs) == 0


def test_the_minimum_within_the_bounds_is_found(rng):
    minimum = rng.uniform(-0.5, 1.5, SHAPE)
    loss = quadratic(rng.uniform(1, 100, SHAPE), minimum)
    optimizer = LBFGS(np.full(SHAPE, 0.5, np.float32))
    evaluations(loss, optimizer, -1, limit=120)
    np.testing.assert_allclose(optimizer.x, np.clip(minimum, 0, 1), atol=2e-3)


def test_the_measured_metric_pays_where_curvature_grows_from_row_to_row(rng, monkeypatch):
    curvature = rng.uniform(0.5, 2, (48, 48, 3)) * np.geomspace(1, 3000, 48)[:, None, None]
    loss, start = quadratic(curvature, rng.uniform(0.2, 0.8, (48, 48, 3))), np.full((48, 48, 3), 0.5, np.float32)
    target = 1e-5 * loss(start)[0]
    scaled = evaluations(loss, LBFGS(start), target)
    monkeypatch.setattr(lbfgs._Metric, "scale", lambda self: np.ones((48, 48, 1), np.float32))
    assert scaled < 0.7 * evaluations(loss, LBFGS(start), target)


def test_surroundings_are_averaged_and_a_constant_stays_what_it_is():
    point = np.zeros((30, 40), np.float32)
    point[15, 20] = 1
    spread, size = lbfgs._local_mean(point), 2 * lbfgs.AROUND + 1
    assert np.count_nonzero(spread) == size**2
    np.testing.assert_allclose(spread.max(), 1 / size**2, rtol=1e-6)
    np.testing.assert_allclose(lbfgs._local_mean(np.full((9, 7), 3, np.float32)), 3, rtol=1e-6)


@pytest.mark.filterwarnings("error")
def test_a_minimum_in_a_corner_of_the_bounds_is_found_and_kept():
    loss = quadratic(np.full(SHAPE, 3.0), np.where(np.arange(3) < 2, 1.7, -0.4) * np.ones(SHAPE))
    optimizer = LBFGS(np.full(SHAPE, 0.5, np.float32))
    evaluations(loss, optimizer, -1, limit=40)
    np.testing.assert_array_equal(optimizer.x, np.broadcast_to([1, 1, 0], SHAPE))
