"""Notebook 06: every sentence with a number or a comparison, recomputed from the cells' own values."""

from itertools import pairwise

import numpy as np
import pytest

import claims
import nst

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    return claims.run("06")


@claims.student_plan_only
def test_claim_small_first(run):
    """at a small size first, then at larger ones"""
    widths = [scale.shape[1] for scale in run.result.scales]
    assert len(widths) > 1 and widths == sorted(widths) and widths[-1] == run.content.shape[1]


def test_claim_film(run):
    """How it was painted"""
    assert len(run.film.images) > 10 and run.film.images[-1].shape == run.content.shape
    assert np.abs(run.film.images[-1] / 255 - run.result.image).mean() < 0.02


def test_claim_five_steps(run):
    """Five steps are already done"""
    assert len(run.explorer.history) == 5


@claims.student_plan_only
def test_claim_ball_in_blue_and_yellow(run):
    """The ball takes on blue and yellow strokes"""
    image, ball = run.ball_result.image, run.ball
    yellow = np.minimum(image[..., 0], image[..., 1]) - image[..., 2] > 0.15
    blue = image[..., 2] - np.maximum(image[..., 0], image[..., 1]) > 0.15
    assert yellow.mean() > 0.02 and blue.mean() > 0.2
    assert np.abs(ball - ball.mean(axis=2, keepdims=True)).max() < 0.1, "the photo has no colour"


@claims.student_plan_only
def test_claim_darkness_and_points(run):
    """With the deep field, ball and cat sink into darkness ... points of light appear where nothing was ... the cat
    gets the portrait's dark palette"""
    for k in range(1, 4):
        content, style, painted = run.after["demo_four_examples"].pictures[3 * k : 3 * k + 3]
        assert painted.mean() < 0.4 * content.mean()
        assert abs(painted.mean() - style.mean()) < abs(painted.mean() - content.mean())
    for k in (1, 3):
        painted = run.after["demo_four_examples"].pictures[3 * k + 2].mean(axis=2)
        assert (painted > 0.7).any() and np.median(painted) < 0.15


def test_claim_same_ratio(run):
    """$\\beta/\\alpha$ is 10 for $(1, 10)$ and $(100, 1000)$, and 1000 for $(1, 1000)$ and $(100, 100\\,000)$ ... They
    are alike, not equal"""
    images, losses = run.table.images, run.table.style_losses
    assert list(images) == [(1, 10), (1, 1e3), (1, 1e5), (100, 10), (100, 1e3), (100, 1e5)]

    def apart(one, other):
        return np.abs(images[one] - images[other]).mean()

    for one, other in [((1, 10), (100, 1e3)), ((1, 1e3), (100, 1e5))]:
        assert apart(one, other) > 0
        assert losses[one] == pytest.approx(losses[other], rel=0.25)
    assert apart((1, 10), (100, 1e3)) < apart((1, 10), (1, 1e3))
    assert apart((1, 1e3), (100, 1e5)) < apart((1, 1e3), (1, 1e5))


@claims.student_plan_only
def test_claim_along_a_row(run):
    """Along a row, a larger $\\beta$ lowers the style loss and raises the content loss, at 128 pixels each time by more
    than a factor of 2"""
    for alpha in run.table.alphas:
        style = [run.table.style_losses[alpha, beta] for beta in run.table.betas]
        content = [run.table.content_losses[alpha, beta] for beta in run.table.betas]
        assert all(before > 2 * after for before, after in pairwise(style))
        assert all(2 * before < after for before, after in pairwise(content))


@claims.student_plan_only
def test_claim_almost_whole(run):
    """the photograph comes back almost whole, colours included"""
    photo = nst.load_image("cat", size=run.plan_many.size)
    assert np.corrcoef(run.kept.reconstruction.ravel(), photo.ravel())[0, 1] > 0.9


def test_claim_low_layers_see_little(run):
    """`block2_conv1` sees only a few pixels at a time and has been pooled once"""
    assert nst.receptive_field("block2_conv1", "bundled") <= 10


@claims.student_plan_only
def test_claim_landscape_of_style(run):
    """The five lowest are paintings. The sixth, the *Mona Lisa*, lies among the photos, and the cup of coffee far from
    everything"""
    places = dict(zip(run.collection.names, run.collection.positions()[0], strict=True))
    lowest = sorted(places, key=lambda name: places[name][1])[:5]
    others = ["the_great_wave", "composition_viii", "poppies"]
    assert sorted(lowest) == sorted(["the_starry_night", "village_street_in_auvers", *others])

    def alone(name):
        return min(np.hypot(*(places[name] - place)) for other, place in places.items() if other != name)

    assert max(places, key=alone) == "coffee"


@claims.student_plan_only
def test_claim_nearest_by_style(run):
    """At 128 pixels, nearest to *The Starry Night* by style is *The Great Wave*, then come a pagoda and the deep
    field"""
    nearest = run.collection.nearest("the_starry_night", count=3)
    assert [neighbour.name for neighbour in nearest] == ["the_great_wave", "china", "hubble_deep_field"]


@claims.student_plan_only
def test_claim_variations_differ(run):
    """`strength`: how much of the content may be lost ... the result's light and dark, the content's colours ... a
    mask: the style goes where it is 1"""
    made = dict(zip(run.changes, run.variants, strict=True))
    pagoda, before = run.pagoda, made["strength 1"]
    for name, image in made.items():
        assert name == "strength 1" or np.abs(image - before).mean() > 0.02, f"{name} looks like the first"
    hint, most = made["strength 0.01"], made["strength 20"]
    assert np.abs(hint - pagoda).mean() < np.abs(before - pagoda).mean()
    style_loss = nst.objective(pagoda, "starry_night", alpha=0, beta=1, weights="bundled")
    assert max(style_loss(most)[0], style_loss(before)[0]) < style_loss(hint)[0]
    half = made["left half"]
    np.testing.assert_allclose(half[:, ~run.left_half], pagoda[:, ~run.left_half], atol=1e-6)
    assert np.abs(half - pagoda)[:, run.left_half].mean() > 0.05
    rough = {name: np.abs(np.diff(made[name], axis=1)).mean() for name in ("smooth", "strength 1")}
    assert rough["smooth"] < 0.8 * rough["strength 1"]


@claims.student_plan_only
def test_claim_flicker(run):
    """Paint each frame by itself and the film flickers ... start each frame at the *painted* frame before it"""
    assert run.followed < 0.8 * run.by_itself


def test_claim_two_pixels_a_frame(run):
    """two pixels a frame"""
    np.testing.assert_array_equal(run.frames[1][:, :-2], run.frames[0][:, 2:])
    assert len(run.pictures) == len(run.frames) == 10


def test_claim_sound(run):
    """`nst.sound_of` turns each picture back into a sound"""
    for picture in list(run.sounds.values())[:2]:
        heard = nst.spectrogram(nst.sound_of(picture))
        assert np.corrcoef(heard.ravel(), picture[..., : heard.shape[2]].ravel())[0, 1] > 0.9


@claims.student_plan_only
def test_claim_drummed(run):
    """paints a melody in the manner of a rhythm"""
    melody, rhythm, drummed = (picture[..., 0] for picture in run.sounds.values())
    lines, beats = melody > 0.5, rhythm > 0.3
    quiet = drummed[~lines & ~beats].mean()
    assert drummed[lines & ~beats].mean() > quiet + 0.08, "the melody's lines"
    assert drummed[~lines & beats].mean() > quiet + 0.08, "the beats"


def test_every_claim_is_said():
    assert not claims.misquoted("06", globals())
