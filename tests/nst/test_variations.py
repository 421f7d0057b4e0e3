"""What goes beyond the note: each small function against what it promises, alone and through `stylize`."""

import numpy as np
import pytest

import nst
from nst import settings, variations
from nst.engine import make_problem
from nst.frames import _mean_change
from nst.plumbing import memory
from nst.problem import Problem


@pytest.fixture(scope="module")
def pair():
    return nst.load_image("ball_and_shadow", shape=(48, 48)), nst.load_image("the_starry_night", shape=(48, 48))


@pytest.fixture(scope="module")
def problem(pair):
    return Problem(*pair, weights="bundled")


def directional_error(problem, x, seed=0):
    """Relative error of the gradient along a random smooth direction, against central differences of the loss."""
    direction = np.random.default_rng(seed).normal(size=(1, 1, 3)).astype(np.float32) * np.ones_like(x)
    h = 1e-3
    up, down = problem(x + h * direction, 1.0, 10.0)[0].total, problem(x - h * direction, 1.0, 10.0)[0].total
    slope = float(np.vdot(problem(x, 1.0, 10.0)[1], direction))
    return abs((up - down) / (2 * h) - slope) / abs(slope)


def test_total_variation_and_its_gradient():
    x = np.random.default_rng(0).random((5, 6, 3))
    value, gradient = variations.total_variation(x)
    assert value == pytest.approx(sum(((x[1:] - x[:-1]) ** 2).ravel()) + sum(((x[:, 1:] - x[:, :-1]) ** 2).ravel()))
    check = nst.numerical_gradient(lambda y: variations.total_variation(y)[0], x, entries=None)
    assert check.error(gradient) < 1e-8
    assert variations.total_variation(np.ones((4, 4, 3)))[0] == 0


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"smoothing": 1e4},
        {"mask": np.tile(np.linspace(0, 1, 48), (48, 1))},
        {"pooling": "average"},
        {"style_model": {"pooling": "average"}},
    ],
    ids=["plain", "smoothing", "mask", "average", "mixed"],
)
def test_every_variation_has_the_gradient_of_its_loss(pair, options):
    problem = make_problem(*pair, weights="bundled", precision="float32", **options)
    x = 0.5 * (pair[0] + pair[1])
    assert directional_error(problem, x) < 0.02


def test_a_brush_has_the_gradient_of_its_loss_and_keeps_what_the_start_shows(pair, problem):
    start, rng = pair[0], np.random.default_rng(0)
    brushed = variations.Brushed(problem, start, 0.2)
    np.testing.assert_array_equal(brushed.seen(start), start)
    checks = np.indices(start.shape[:2]).sum(axis=0)[..., None] % 2 - np.float32(0.5)
    assert np.abs(brushed.seen(start + checks) - start)[1:-1, 1:-1].max() < 0.05 * 0.5
    x, move = (np.float32(0.02 * rng.standard_normal(start.shape)) for _ in range(2))
    wide = np.ones_like(start)  # the blur is its own transpose, and keeps the mean
    assert np.vdot(variations.blurred(x, 0.2), move) == pytest.approx(np.vdot(x, variations.blurred(move, 0.2)), 1e-4)
    np.testing.assert_allclose(variations.blurred(wide, 0.2), wide, rtol=1e-6)
    losses, gradient = brushed(start + x, 1.0, 100.0)
    inner, slope = problem(brushed.seen(start + x), 1.0, 100.0)
    assert losses == inner
    np.testing.assert_allclose(gradient, variations.blurred(slope, 0.2), rtol=1e-6)


@pytest.mark.slow
def test_smoothing_makes_smoother_pictures(pair):
    rough = nst.stylize(*pair, iterations=15, weights="bundled")
    smooth = nst.stylize(*pair, iterations=15, weights="bundled", smoothing=1e5)
    assert variations.total_variation(smooth.image)[0] < 0.7 * variations.total_variation(rough.image)[0]


def test_a_mask_keeps_the_content_where_it_is_dark(pair):
    mask = np.zeros((48, 48))
    mask[:, 24:] = 1
    painted = nst.stylize(*pair, iterations=8, weights="bundled", mask=mask).image
    np.testing.assert_allclose(painted[:, :24], pair[0][:, :24], atol=1e-6)
    assert np.abs(painted[:, 24:] - pair[0][:, 24:]).mean() > 0.02
    with pytest.raises(nst.ImageError, match=r"mask has the size \(9, 9\)"):
        nst.stylize(*pair, weights="bundled", mask=np.ones((9, 9)))


def test_several_styles_share_the_target(pair, problem):
    content, style = pair
    x = 0.5 * (content + style)
    first, other = problem(x, 0.0, 1.0)[1], Problem(content, content, weights="bundled")(x, 0.0, 1.0)[1]
    both = Problem(content, [(style, 3.0), (content, 1.0)], weights="bundled")(x, 0.0, 1.0)[1]
    # (9) is linear in the target: the gradient of a mean of Gram matrices is the mean of the gradients
    np.testing.assert_allclose(both, 0.75 * first + 0.25 * other, atol=2e-4 * np.abs(both).max())
    with pytest.raises(nst.OptionError, match="shares"):
        Problem(content, [(style, -1.0)], weights="bundled")


def test_noise_starts_are_made_by_the_seed(pair):
    images = [nst.stylize(*pair, iterations=4, start="noise", seed=seed, weights="bundled").image for seed in (1, 1, 2)]
    np.testing.assert_array_equal(images[0], images[1])
    assert np.abs(images[0] - images[2]).mean() > 0.01
    with pytest.raises(nst.OptionError, match="start='nois'"):
        nst.stylize(*pair, start="nois", weights="bundled")


@pytest.mark.slow
def test_frames_start_from_the_last_picture_and_are_steadier_for_it(pair):
    frames = [np.roll(pair[0], k, axis=1) for k in range(3)]
    pictures, flicker = nst.stylize_frames(frames, pair[1], iterations=15, later=4, weights="bundled")
    options = {"iterations": 15, "weights": "bundled", "start": "noise"}
    alone = [nst.stylize(frame, pair[1], seed=k, **options).image for k, frame in enumerate(frames)]
    assert len(pictures) == 3
    assert 0 < flicker < 0.8 * _mean_change(alone) / _mean_change(frames)


def test_a_picture_that_does_not_fit_is_refused_with_the_size_that_does():
    memory.require_memory((1024, 1024), available=6 * 2**30)
    with pytest.raises(nst.OptionError, match=r"need .* GiB .*size=(\d+) or less") as error:
        memory.require_memory((4096, 4096), available=6 * 2**30)
    fits = int(str(error.value).split("size=")[1].split()[0])
    memory.require_memory((fits, fits), available=6 * 2**30)
    assert 1024 < fits < 4096


def test_a_plan_takes_fewer_steps_first_then_fewer_pixels():
    assert settings.fit(256, 100, 30, per_pixel=1e-6) == settings.Plan(256, 100, 256**2 * 100 * 1e-6)
    assert (settings.fit(256, 100, 30, 6e-6).size, settings.fit(256, 100, 30, 6e-6).steps) == (256, 76)
    slow = settings.fit(256, 100, 30, per_pixel=5e-5)
    assert slow.steps == 50 and slow.size == 96 and slow.seconds <= 30


def test_a_plan_follows_the_environment(monkeypatch, capsys):
    def size_and_steps(size, steps):
        plan = settings.plan(size=size, steps=steps)
        return plan.size, plan.steps

    monkeypatch.setenv("NST_PLAN", "quick")
    assert size_and_steps(256, 100) == (64, 12) and "64 px, 12 steps" in capsys.readouterr().out
    assert size_and_steps(48, 4) == (48, 4)
    monkeypatch.setenv("NST_PLAN", "full")
    assert size_and_steps(4000, 9000) == (4000, 9000)
    monkeypatch.setenv("NST_PLAN", "swift")
    with pytest.raises(nst.OptionError, match="NST_PLAN='swift'"):
        settings.plan()
