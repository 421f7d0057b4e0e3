"""Finite differences against gradients known on paper; the minimiser on problems with known minima."""

import signal
import sys

import numpy as np
import pytest

import nst


def quartic(F):
    return float(((F @ F.T) ** 2).sum()) / 4


def test_numerical_gradient_of_a_quartic_and_how_to_compare():
    F = np.random.default_rng(0).normal(size=(4, 7)) * 30
    result = nst.numerical_gradient(quartic, F.astype(np.float32), entries=9)
    true = F.astype(np.float32).astype(np.float64)
    true = true @ true.T @ true
    indices, values = result
    assert values.dtype == np.float64 and values.shape == (9,) and len(set(zip(*indices, strict=True))) == 9
    np.testing.assert_allclose(values, true[indices], rtol=1e-7)
    assert result.error(true) < 1e-7
    assert result.error(true.T.reshape(4, 7)) > 0.1
    assert result.error(-true) > 1


def test_numerical_gradient_leaves_its_argument_alone_and_can_take_all_entries():
    F = np.arange(6.0).reshape(2, 3)

    def clumsy(x):
        x *= 2
        return x.sum()

    before = F.copy()
    result = nst.numerical_gradient(clumsy, F, entries=None)
    np.testing.assert_array_equal(F, before)
    np.testing.assert_allclose(result.values, 2 * np.ones(6))
    assert nst.numerical_gradient(clumsy, F, entries=100).values.size == 6
    assert nst.numerical_gradient(np.sum, np.zeros((2, 2))).values.tolist() == pytest.approx([1] * 4)
    with pytest.raises(nst.OptionError, match="entries=0"):
        nst.numerical_gradient(np.sum, F, entries=0)


def stretched(target, scales):
    """A quadratic with condition number max(scales) / min(scales)."""

    def loss_and_gradient(x):
        d = x - target
        return 0.5 * float((scales * d * d).sum()), scales * d

    return loss_and_gradient


def test_minimize_finds_the_bounded_minimum_and_keeps_the_best():
    rng = np.random.default_rng(1)
    target = rng.uniform(-0.5, 1.5, (6, 5, 3))  # many pixels want to leave [0, 1]
    x0 = np.full((6, 5, 3), 0.5)
    image, loss, losses = nst.minimize(stretched(target, np.geomspace(1, 100, 90).reshape(6, 5, 3)), x0, steps=60)
    np.testing.assert_allclose(image, np.clip(target, 0, 1), atol=2e-3)
    assert len(losses) <= 60 and loss == min(losses) and losses[0] > 5 * loss
    assert (x0 == 0.5).all() and image.min() >= 0 and image.max() <= 1


def test_minimize_counts_evaluations_and_stops_at_nan_with_the_best_so_far():
    calls = []

    def breaks(x):
        calls.append(x)
        loss, gradient = stretched(np.full(x.shape, 0.3), np.geomspace(1, 1000, x.size).reshape(x.shape))(x)
        return (np.nan if len(calls) == 5 else loss), gradient

    image, loss, losses = nst.minimize(breaks, np.full((5, 4, 3), 0.9), steps=20)
    assert len(calls) == len(losses) == 5 and np.isnan(losses[-1]) and loss == min(losses[:4])
    np.testing.assert_array_equal(image, calls[losses.index(loss)])
    with pytest.raises(nst.OptionError, match="steps=0"):
        nst.minimize(breaks, np.zeros((2, 2, 3)), steps=0)


def test_minimize_names_a_gradient_of_another_shape_and_minds_no_change_of_its_argument():
    with pytest.raises(nst.OptionError, match=r"gradient of shape \(3,\), and the image has the shape \(2, 2, 3\)"):
        nst.minimize(lambda x: (1.0, np.zeros(3)), np.zeros((2, 2, 3)), steps=5)

    def careless(x):
        x -= 0.3
        return float((x**2).sum()), 2 * x

    assert nst.minimize(careless, np.full((4, 4, 3), 0.9), steps=20).image == pytest.approx(0.3, abs=1e-3)


def test_minimize_moves_a_bar_only_when_asked(capsys):
    start = np.full((4, 4, 3), 0.5)
    loss_and_gradient = stretched(start, np.ones_like(start))
    nst.minimize(loss_and_gradient, start, steps=2)
    assert capsys.readouterr().err == ""
    nst.minimize(loss_and_gradient, start, steps=2, progress="from block 4")
    assert "from block 4" in (said := capsys.readouterr().err) and "2/2" in said


def test_minimize_ends_at_an_interrupt_that_python_swallowed_and_keeps_the_best(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)

    class Finalised:
        def __del__(self):  # an exception in here goes nowhere
            signal.raise_signal(signal.SIGINT)

    def falls(x, calls=[]):  # noqa: B006
        calls.append(Finalised() if len(calls) == 2 else None)
        calls[-1] = None
        return float((x**2).sum()), 2 * x

    with pytest.raises(KeyboardInterrupt, match="stopped after 3 of 20 steps"):
        nst.minimize(falls, np.full((4, 4, 3), 0.9), steps=20)
    assert 0 <= nst.best_so_far().mean() < 0.9
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
