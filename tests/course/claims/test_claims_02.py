"""Notebook 02: every sentence with a number or a comparison, recomputed from the cells' own values."""

import numpy as np
import pytest

import claims
import nst
from claims import student_plan_only

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    return claims.run("02")


def alike(run, layer):
    """Correlation of the reconstruction's edges with the photo's, in grey: where is what, whatever the colours?"""
    seen, photo = (edges(picture) for picture in (run.rebuilt[layer].image, run.photo))
    return np.corrcoef(seen.ravel(), photo.ravel())[0, 1]


def edges(picture):
    """How steep the grey picture is, averaged over 8 x 8 pixels."""
    steep = np.hypot(*np.gradient(picture.mean(axis=2)))
    rows, columns = (side // 8 for side in steep.shape)
    return steep[: 8 * rows, : 8 * columns].reshape(rows, 8, columns, 8).mean(axis=(1, 3))


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


@student_plan_only
def test_claim_rebuilt_with_grain(run):
    """the photo, rebuilt from the noise with a little grain"""
    assert rms(run.from_noise - run.photo) < 0.6 * rms(run.noise - run.photo)


def test_claim_signs(run):
    """the loss grows thirty-thousandfold in twelve steps; with a minus it falls to about a hundredth"""
    plus, minus = (run.bowl(*places[-1]) / run.bowl(*places[0]) for places in run.walkers.values())
    assert len(run.walkers["minus"]) - 1 == 12
    assert 2.5e4 < plus < 3.5e4 and 0.008 < minus < 0.015


def test_claim_wrong_sign_within_two_steps(run):
    """notice a wrong sign within two steps"""
    heights = [run.bowl(*place) for place in run.walkers["plus, as printed"][:3]]
    assert heights[0] < heights[1] < heights[2]


def test_claim_number_to_meet(run):
    """The loss is $19/2 = 9.5$"""
    assert run.content_loss_layer(np.array([[1, 2], [3, 4]]), np.array([[0, 1], [2, 0]])) == 9.5


def test_claim_how_many_numbers():
    """about 49 000 for 128 × 128 pixels"""
    assert round(3 * 128 * 128, -3) == 49_000


def test_claim_equally_spoilt(run):
    """each different from it by *exactly the same amount in pixels*"""
    assert [rms(picture - run.photo) for picture in run.spoilt.values()] == pytest.approx([0.08] * 5, rel=1e-3)


def test_claim_order_of_the_spoilt(run):
    """the fine stripes are worst by far, more than fifty times as bad as a little more light. The ghost comes
    second, noise third, and both changes of light are hardly noticed"""
    assert run.worst_first[:3] == ["fine stripes", "a ghost", "noise"]
    assert run.verdicts["fine stripes"] > 3 * run.verdicts["a ghost"]
    assert run.verdicts["fine stripes"] > 50 * run.verdicts["more light"]
    assert run.verdicts["light from the right"] < 0.3 * run.verdicts["noise"]


def test_claim_mask(run):
    """With respect to $F$ it is $0 - 3 = -3$ ... With respect to $z$ it is 0"""
    silent, three = np.zeros((1, 1)), np.array([[3.0]])
    assert run.content_gradient(silent, three) == -3
    with_z = nst.numerical_gradient(lambda z: run.content_loss_layer(np.maximum(z, 0), three), silent - 1)
    assert with_z.values == [0]


def test_claim_formulas_and_masks(run):
    """Gatys's line takes that step already, the note's (5) and your function do not"""
    assert run.with_F.error(run.mine) < 1e-6 < 0.1 < run.with_F.error(run.masked)
    assert run.with_z.error(run.masked) < 1e-6 < 0.1 < run.with_z.error(run.mine)


def test_claim_masking_twice(run):
    """the picture's gradient stays the same to the last digit"""
    np.testing.assert_array_equal(run.push, run.push_masked)


def test_claim_same_noise(run):
    """Five runs from the *same* noise"""
    assert len(run.rebuilt) == 5


@student_plan_only
def test_claim_block1_knows_everything(run):
    """`block1_conv1` knows everything: colour, grain, each whisker ... nearly perfect from block 1, with some
    grain from block 2"""
    assert rms(run.rebuilt["block1_conv1"].image - run.photo) < 0.02
    assert np.corrcoef(run.rebuilt["block2_conv1"].image.ravel(), run.photo.ravel())[0, 1] > 0.9


@student_plan_only
def test_claim_block3(run):
    """`block3_conv1` has every shape in its place, in colours that are wrong. Its curve is still falling"""
    assert alike(run, "block3_conv1") > 0.7
    assert rms(run.rebuilt["block3_conv1"].image - run.photo) > 0.1
    losses = run.rebuilt["block3_conv1"].losses
    assert losses[-1] < 0.9 * losses[-len(losses) // 5]


@student_plan_only
def test_claim_block4(run):
    """`block4_conv2` has what is where ... That is why it is the usual content layer"""
    assert alike(run, "block4_conv2") > 0.5


@student_plan_only
def test_claim_block5(run):
    """`block5_conv1` remembers eyes and nose, and little more"""
    likeness = [alike(run, layer) for layer in run.rebuilt]
    assert likeness == sorted(likeness, reverse=True) and likeness[-1] > 0.2


@student_plan_only
def test_claim_curves(run):
    """block 1 falls by far the furthest, in a third of the steps; blocks 3 to 5 are still falling at the end"""
    left = {layer: found.losses[-1] / found.losses[0] for layer, found in run.rebuilt.items()}
    assert left["block1_conv1"] < 0.1 * min(left[layer] for layer in left if layer != "block1_conv1")
    assert 3 * len(run.rebuilt["block1_conv1"].losses) == len(run.rebuilt["block5_conv1"].losses)
    for layer in list(left)[2:]:
        losses = run.rebuilt[layer].losses
        assert losses[-1] < 0.9 * losses[-len(losses) // 5]


def test_every_claim_is_said():
    assert not claims.misquoted("02", globals())
