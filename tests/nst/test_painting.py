"""What `stylize` promises, painted from small to large (the default) and at one size."""

import dataclasses

import numpy as np
import pytest

import nst
from autograder.authoring.masters import Masters
from nst import engine, looks
from nst.compute import machine
from nst.images.loading import larger_shape, resized
from nst.painting import Climb
from nst.problem import Problem

LADDER = pytest.mark.parametrize("look", ["ladder", "plain"])


@pytest.fixture(scope="module")
def pair():
    return nst.load_image("ball_and_shadow", shape=(48, 64)), nst.load_image("the_starry_night", shape=(48, 64))


@pytest.fixture(scope="module")
def large():
    """A pair that is painted at two sizes."""
    return nst.load_image("china", shape=(96, 128)), nst.load_image("the_starry_night", shape=(96, 128))


@LADDER
def test_stylize_returns_the_best_image_and_the_loss_of_each_evaluation(pair, look):
    records, options = [], {"look": look, "beta": 100.0, "iterations": 6, "smoothing": 0.0, "weights": "bundled"}
    result = nst.stylize(*pair, callback=records.append, **options)
    assert result.losses == [record.loss for record in records] and len(result.losses) == 6
    assert [record.step for record in records] == [1, 2, 3, 4, 5, 6]
    assert result.best_loss == min(result.losses) and result.seconds > 0 and not result.advice
    assert result.image.shape == pair[0].shape and result.image.dtype == np.float32
    assert result.image.min() >= 0 and result.image.max() <= 1
    np.testing.assert_array_equal(result.image, records[int(np.argmin(result.losses))].image)
    for record in records:
        assert record.loss == pytest.approx(engine.ALPHA * record.content_loss + 100.0 * record.style_loss)
    again = nst.stylize(*pair, **options, seed=0)
    np.testing.assert_array_equal(again.image, result.image)


def test_stylize_takes_names_and_paths_and_brings_the_style_to_the_contents_size(tmp_path, pair):
    nst.save_image(tmp_path / "style.png", pair[1][:, :40])
    result = nst.stylize("ball_and_shadow", str(tmp_path / "style.png"), size=48, iterations=1, weights="bundled")
    assert max(result.image.shape) == 48
    tall = nst.stylize(pair[0][:, :40], pair[1], iterations=1, weights="bundled")
    assert tall.image.shape == (48, 40, 3)


def test_callback_false_stops(pair):
    result = nst.stylize(*pair, iterations=9, callback=lambda record: record.step < 3, weights="bundled")
    assert len(result.losses) == 3


def test_ctrl_c_ends_with_the_best_so_far(pair):
    def interrupt(record):
        if record.step == 4:
            raise KeyboardInterrupt

    result = nst.stylize(*pair, iterations=9, callback=interrupt, weights="bundled")
    assert result.interrupted and len(result.losses) == 4 and result.best_loss == min(result.losses)
    assert "interrupted after 4 steps" in result.advice


def test_a_loss_that_is_not_finite_ends_with_advice_and_the_best_so_far(pair, monkeypatch):
    evaluate = Problem.__call__

    def breaks(self, x, alpha, beta):
        self.calls = getattr(self, "calls", 0) + 1
        losses, gradient = evaluate(self, x, alpha, beta)
        return (losses._replace(total=np.inf) if self.calls == 4 else losses), gradient

    monkeypatch.setattr(Problem, "__call__", breaks)
    result = nst.stylize(*pair, iterations=9, weights="bundled")
    assert len(result.losses) == 4 and np.isinf(result.losses[-1])
    assert result.best_loss == min(result.losses[:3]) and np.isfinite(result.image).all()
    assert "stopped at step 4" in result.advice and "smaller" in result.advice


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"alpha": -1.0}, "alpha=-1.0"),
        ({"beta": np.nan}, "beta=nan"),
        ({"alpha": 0.0, "beta": 0.0}, "both 0"),
        ({"iterations": 0}, "iterations=0"),
        ({"optimizer": "sgd"}, "optimizer='sgd'.*lbfgs"),
        ({"size": 31}, "size"),
        ({"colours": "contents"}, "colours='contents'"),
    ],
)
def test_wrong_options_say_what_is_needed(pair, wrong, message):
    with pytest.raises(nst.OptionError, match=message):
        nst.stylize(*pair, weights="bundled", callback=lambda record: pytest.fail("it began to paint"), **wrong)


def test_images_that_are_not_finite_are_refused(pair):
    with pytest.raises(nst.ImageError, match="content holds NaN"):
        nst.stylize(np.full((48, 48, 3), np.nan), pair[1], weights="bundled")


def test_a_ladder_climbs_to_the_full_size_by_doubling():
    look = looks.LOOKS["ladder"]
    sizes = {size: [max(s.shape) for s in looks.scales(look, (size, size))] for size in (100, 128, 192, 256, 500)}
    assert sizes == {
        100: [100],
        128: [64, 128],
        192: [96, 192],
        256: [64, 128, 256],
        500: [125, 250, 500],
    }
    assert [s.steps for s in looks.scales(look, (256, 192))] == [60, 40, 40]
    assert looks.scales(look, (256, 192))[0].shape == (64, 48)
    wide = looks.scales(look, (32, 512))  # the short side keeps its 16 pixels
    assert [s.shape for s in wide] == [(16, 256), (32, 512)]


@pytest.mark.parametrize(("iterations", "steps"), [(1, [1]), (19, [19]), (20, [12, 8]), (70, [30, 20, 20])])
def test_given_iterations_are_shared_out(iterations, steps):
    assert [s.steps for s in looks.scales(looks.LOOKS["ladder"], (256, 256), iterations)] == steps
    assert [s.steps for s in looks.scales(looks.LOOKS["plain"], (256, 256), iterations)] == [iterations]


def test_the_record_says_which_size_and_with_which_weights(large):
    records = []
    result = nst.stylize(*large, iterations=24, callback=records.append, weights="bundled", beta=480.0)
    assert [(s.shape, s.steps) for s in result.scales] == [((48, 64), 14), ((96, 128), 10)]
    assert [(r.scale, r.scales, r.planned, r.image.shape) for r in records] == [
        *[(1, 2, 24, (48, 64, 3))] * 14,
        *[(2, 2, 24, (96, 128, 3))] * 10,
    ]
    # (3) is a sum over positions and (7) is not: the same balance has less beta where there are fewer pixels
    assert {r.beta for r in records} == {480.0 / 4, 480.0} and result.beta == 480.0
    assert result.best_loss == min(result.losses[14:]) and result.image.shape == large[0].shape
    done = [r.done for r in records]
    assert done == sorted(done) and done[-1] == 1 and [r.step for r in records] == list(range(1, 25))


def test_ctrl_c_at_a_small_size_gives_a_picture_of_the_full_size(large):
    def interrupt(record):
        if record.step == 4:
            raise KeyboardInterrupt

    result = nst.stylize(*large, iterations=24, callback=interrupt, weights="bundled")
    assert result.interrupted and len(result.losses) == 4
    assert result.image.shape == large[0].shape and np.abs(result.image - large[0]).mean() > 0.01


@pytest.mark.parametrize("strength", [0.2, 5.0])
def test_strength_sets_beta_and_suits_it_to_the_pair(large, strength):
    """A hint keeps the content's structure better than nearly all style; both go on from what the first size showed."""
    records = []
    result = nst.stylize(*large, strength=strength, iterations=60, callback=records.append, weights="bundled")
    first = [r.beta for r in records if r.scale == 1]
    assert len({*first}) == 2  # beta was set once half-way ...
    assert records[-1].beta == pytest.approx(result.beta)
    assert result.beta != pytest.approx(first[-1] * 4)  # ... and at the end of the first size
    whole = looks.BETA_PER_PIXEL * strength * 96 * 128
    assert looks.BETA_RANGE[0] * whole <= result.beta <= looks.BETA_RANGE[1] * whole


def test_one_size_alone_bears_as_much_style_as_most_pairs_are_found_to(pair):
    """Below 128 pixels nothing is measured: a picture of 100 must not be another one than of 128."""
    style, content = nst.load_image("flower", size=128), nst.load_image("chelsea", size=128)
    found = nst.stylize(content, style, weights="bundled")
    small = nst.image_of(content, size=100)
    fixed = nst.stylize(small, style, weights="bundled")
    assert len(found.scales) == 2 and len(fixed.scales) == 1
    lost = [nst.quality(result.image, content, style, "bundled").lost for result in (found, fixed)]
    assert lost[1] < lost[0] + 0.1


def test_more_strength_keeps_less_of_the_content(large):
    def content_loss(strength):
        records = []
        nst.stylize(*large, strength=strength, iterations=80, callback=records.append, weights="bundled")
        return min(records[-20:], key=lambda r: r.loss).content_loss

    weak, middle, strong = map(content_loss, (0.2, 1.0, 5.0))
    assert weak < 0.8 * middle < 0.8 * strong


def test_a_mask_and_own_colours_hold_at_every_size(large):
    mask = np.zeros((96, 128))
    mask[:, 64:] = 1
    painted = nst.stylize(*large, iterations=24, weights="bundled", mask=mask).image
    np.testing.assert_allclose(painted[:, :64], large[0][:, :64], atol=1e-6)
    assert np.abs(painted[:, 64:] - large[0][:, 64:]).mean() > 0.02
    grey = np.repeat(large[0].mean(axis=2, keepdims=True), 3, axis=2)
    own = nst.stylize(grey, large[1], iterations=24, weights="bundled", colours="content").image
    assert own.std(axis=2).mean() < 0.02


def test_an_image_to_start_from_is_gone_on_with_at_the_full_size(pair):
    records = []
    result = nst.stylize(*pair, iterations=24, start=pair[1], callback=records.append, weights="bundled")
    assert {r.scales for r in records} == {1}
    np.testing.assert_array_equal(records[0].image, pair[1])
    assert len(result.losses) == 24


def test_a_small_image_to_start_from_is_gone_on_with_at_larger_sizes(large):
    records, small = [], nst.image_of(large[1], shape=(48, 64))
    climb = Climb(*large, start=small, weights="bundled", iterations=4)
    assert [scale.shape for scale in climb.scales] == [(96, 128)]
    records.append(climb.step(1.0, 100.0))
    first = records[0].image
    expected = nst.image_of(small, shape=(96, 128))
    expected = expected + large[0] - nst.image_of(nst.image_of(large[0], shape=(48, 64)), shape=(96, 128))
    np.testing.assert_allclose(first, np.clip(expected, 0, 1), atol=1e-5)


def test_a_larger_size_keeps_the_contents_detail_and_adds_no_mesh(large):
    """Changes from pixel to pixel, across and down at once, are what a mesh in plain places is made of."""

    def mesh(look):
        climb = Climb(*large, look=look, weights="bundled", iterations=40)
        records = [climb.step(1.0, 3000.0) for _ in range(climb.total)]
        added = climb.picture() - np.clip(next(r.image for r in records if r.scale == 2), 0, 1)
        corners = added[:-1, :-1] - added[1:, :-1] - added[:-1, 1:] + added[1:, 1:]
        np.testing.assert_array_equal(climb.picture(), np.clip(records[-1].best_image, 0, 1))
        return float(np.square(corners).mean() / np.square(added).mean())

    ladder = looks.LOOKS["ladder"]
    assert mesh(ladder) < 0.5 * mesh(dataclasses.replace(ladder, brush=0.0))


def test_a_style_of_any_size_is_a_target_per_position(pair):
    """A style image laid out twice has, beside the seams, the same statistics per position as laid out once."""
    content, style = pair
    twice = np.concatenate([style, style[:, ::-1]], axis=1)  # mirrored, so that there is no seam
    x = 0.5 * (content + style)
    once, other = (Problem(content, s, weights="bundled")(x, 0.0, 1.0) for s in (style, twice))
    assert other[0].style == pytest.approx(once[0].style, rel=0.2)
    unscaled = Problem(twice, twice, weights="bundled")(twice, 0.0, 1.0)[0].style
    assert unscaled < 1e-6 * once[0].style


def by_the_students_formulas(content, style, x, beta):
    """Total loss (10) and its image gradient at x, by the masters' own solutions, with alpha = 1.

    Of a style image of another size the Gram matrix is multiplied by positions of the content / positions of its own.
    """
    functions = Masters().namespace("activation_gradients")
    network = nst.VGG19(weights="bundled")
    F, P, S = (network.features(image) for image in (x, content, style))
    grams = {
        l: functions["gram_matrix"](S[l].astype(float)) * (F[l].shape[1] / S[l].shape[1]) for l in nst.STYLE_LAYERS
    }
    P = {nst.CONTENT_LAYER: P[nst.CONTENT_LAYER]}
    losses = functions["content_loss"](F, P), functions["style_loss"](F, grams)
    slopes = functions["activation_gradients"](F, P, grams, 1.0, beta)
    return functions["total_loss"](*losses, 1.0, beta), network.image_gradient(x, slopes)


@pytest.mark.parametrize("kind", machine.supported("float32"))
def test_at_every_size_the_notes_loss_paints(kind):
    """Engine against the students' functions, at each size of a climb, the style image larger than the content."""
    content, style = nst.load_image("china", size=160), nst.load_image("the_starry_night", size=240)
    climb = Climb(content, style, smoothing=0.0, precision="float32", weights="bundled", iterations=40)
    seen = set()
    while climb.steps < climb.total:
        record = climb.step(1.0, 3000.0)
        if (record.scale, climb.run.steps) in ((1, 1), (2, 1), (2, 3)):  # at the third what is drawn is no start
            seen.add((record.scale, climb.run.steps))
            problem = climb.run.problem
            shape = problem.content.shape[:2]
            larger = resized(style, shape=larger_shape(shape, climb.look.detail_at(shape), style.shape))
            assert larger.shape != problem.content.shape
            expected, gradient = by_the_students_formulas(problem.content, larger, record.image, record.beta)
            assert record.loss == pytest.approx(expected, rel=1e-4)
            by_engine = Problem(problem.content, larger, weights="bundled", kind=kind)(record.image, 1.0, record.beta)[
                1
            ]
            assert np.linalg.norm(by_engine - gradient) < 1e-3 * np.linalg.norm(gradient)
    assert seen == {(1, 1), (2, 1), (2, 3)}


@pytest.mark.tensorflow
def test_a_style_of_any_size_is_the_same_target_to_tensorflow(pair):
    content, style = pair[0], nst.load_image("the_starry_night", size=96)
    x = 0.5 * (content + pair[1])
    (fast, slope), (other, other_slope) = (
        Problem(content, style, weights="bundled", kind=kind)(x, 1.0, 100.0) for kind in ("winograd", "tensorflow")
    )
    np.testing.assert_allclose(fast, other, rtol=1e-4)
    assert np.linalg.norm(slope - other_slope) < 1e-3 * np.linalg.norm(other_slope)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"look": "steps"}, "look='steps': use one of 'ladder', 'plain'"),
        ({"strength": 0}, "strength=0: a number above 0"),
        ({"strength": 2, "beta": 5.0}, "both say how much style"),
    ],
)
def test_wrong_looks_say_what_is_needed(pair, wrong, message):
    with pytest.raises(nst.OptionError, match=message):
        nst.stylize(*pair, weights="bundled", **wrong)
