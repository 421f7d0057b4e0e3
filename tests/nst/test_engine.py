"""The engine against the note's formulas written out in NumPy; what `stylize` promises."""

import dataclasses

import numpy as np
import pytest

import nst
from nst.engine import Run
from nst.problem import Problem

ALPHA, BETA = 0.7, 30.0


@pytest.fixture(scope="module")
def pair():
    return nst.load_image("ball_and_shadow", shape=(48, 64)), nst.load_image("the_starry_night", shape=(48, 64))


@pytest.fixture(scope="module")
def problem(pair):
    return Problem(*pair, weights="bundled")


@pytest.fixture(scope="module")
def x(pair):
    return pair[0] + np.random.default_rng(0).normal(0, 0.1, pair[0].shape).astype(np.float32)


def by_the_note(pair, x, alpha, beta):
    """Losses (4), (8), (10) and the image gradient of (10), from features and (5), (9) in float64."""
    network = nst.VGG19(weights="bundled")
    F, P, S = ({l: f.astype(np.float64) for l, f in network.features(image).items()} for image in (x, *pair))
    content_layer, w = nst.CONTENT_LAYER, 1 / 5
    content = 0.5 * ((F[content_layer] - P[content_layer]) ** 2).sum()
    gradients = {content_layer: alpha * (F[content_layer] - P[content_layer])}
    style = 0.0
    for l in nst.STYLE_LAYERS:
        (N, M), D = F[l].shape, F[l] @ F[l].T - S[l] @ S[l].T
        style += w * (D**2).sum() / (4 * N**2 * M**2)
        gradients[l] = beta * w * D @ F[l] / (N**2 * M**2)
    return alpha * content + beta * style, content, style, network.image_gradient(x, gradients)


def test_losses_and_gradient_are_the_notes(pair, problem, x):
    total, content, style, expected = by_the_note(pair, x, ALPHA, BETA)
    losses, gradient = problem(x, ALPHA, BETA)
    np.testing.assert_allclose(losses, (total, content, style), rtol=1e-4)
    assert losses.total == pytest.approx(ALPHA * losses.content + BETA * losses.style)
    assert np.linalg.norm(gradient - expected) < 1e-4 * np.linalg.norm(expected)


def test_alpha_and_beta_change_between_calls(problem, x):
    (_, content, style), only_content = problem(x, 1.0, 0.0)
    (_, again, _), only_style = problem(x, 0.0, 1.0)
    _, both = problem(x, 2.0, 3.0)
    assert content == again and content > 0 and style > 0
    np.testing.assert_allclose(both, 2 * only_content + 3 * only_style, atol=1e-4 * np.abs(both).max())


def test_objective_is_the_total_loss_and_its_gradient(pair, problem, x):
    loss, gradient = nst.objective(*pair, ALPHA, BETA, weights="bundled", precision="float32")(x)
    expected, expected_gradient = problem(x, ALPHA, BETA)
    assert loss == pytest.approx(expected.total)
    np.testing.assert_allclose(gradient, expected_gradient, atol=1e-5 * np.abs(gradient).max())


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "gd"])
def test_every_optimizer_lowers_the_loss_and_keeps_the_best(pair, problem, optimizer):
    run = Run(problem, optimizer)
    records = [run.step(1.0, 100.0) for _ in range(12)]
    losses = [record.loss for record in records]
    best = int(np.argmin(losses))
    assert min(losses) < 0.6 * losses[0]
    assert records[-1].best_loss == run.best_loss == losses[best]
    np.testing.assert_array_equal(run.best_image, records[best].image)
    assert problem(run.best_image, 1.0, 100.0)[0].total == pytest.approx(run.best_loss, rel=1e-5)
    np.testing.assert_array_equal(records[0].image, pair[0])  # nothing in place


def test_only_the_ratio_of_alpha_and_beta_matters_to_lbfgs(problem):
    """Scaling the loss by a power of two changes no rounding, so the images are the same."""
    images = []
    for scale in (1, 1024):
        run = Run(problem)
        for _ in range(12):
            run.step(scale, scale * 1e3)
        images.append(run.best_image)
    np.testing.assert_allclose(images[0], images[1], atol=1e-6)


def test_no_step_of_lbfgs_jumps(problem):
    run = Run(problem)
    losses = [run.step(1.0, 1e3).loss for _ in range(12)]
    assert max(losses[2:]) < losses[0]


def test_a_change_of_weights_starts_the_best_anew(problem):
    run = Run(problem)
    small = [run.step(1.0, 1.0) for _ in range(3)][-1]
    large = run.step(1.0, 1e4)
    assert large.best_loss == large.loss > small.best_loss
    assert [run.step(1.0, 1e4) for _ in range(6)][-1].best_loss < large.loss


def test_a_run_tells_whether_it_can_go_on(problem):
    run = Run(problem)
    assert not run.diverged
    run.step(1.0, 1.0)
    assert not run.diverged
    before = run.image
    run.step(1.0, np.nan)
    assert run.diverged and run.image is before


def test_records_cannot_be_changed_by_a_callback(problem):
    with pytest.raises(dataclasses.FrozenInstanceError):
        Run(problem).step(1.0, 1.0).loss = 0.0
