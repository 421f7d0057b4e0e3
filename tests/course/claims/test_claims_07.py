"""Notebook 07: every sentence with a number or a comparison, recomputed from the cells' own values."""

import re
from itertools import pairwise

import numpy as np
import pytest

import claims
import nst
from claims import student_plan_only
from nst.constants import LAYERS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    return claims.run("07")


def extent(picture):
    """(height, width) of what is not grey in a wish."""
    where = np.argwhere(np.abs(picture - 0.5).max(axis=2) > 1e-6)
    return tuple(int(side) for side in where.max(axis=0) - where.min(axis=0) + 1)


def test_claim_one_activation(run):
    """five grey pictures with coloured patches in the middle: tiny for block 1, larger from block to block"""
    now = run.after["demo_one_activation"]
    sides = [max(extent(now.wish_of_one(layer))) for layer in nst.STYLE_LAYERS]
    assert sides[0] == 3 and sides == sorted(set(sides)) and sides[-1] > 50


def test_claim_all_of_the_network(run):
    """This is all of VGG19, in NumPy. A convolution is nine matrix products"""
    now = run.after["demo_forward"]
    assert now.far < 1e-4 and [step[0] for step in now.steps].count("conv") == 13 == LAYERS.index("block5_conv1") + 1


def test_claim_number_of_relu_backward(run):
    """for `g = [5, -7, 3]` and `z = [2, 1, -4]` it is `[5, -7, 0]`"""
    assert list(run.relu_backward(np.array([5, -7, 3]), np.array([2, 1, -4]))) == [5, -7, 0]


def test_claim_stopped(run):
    """Fewer than half in every layer, and in `block2_conv2` about one in sixteen. From layer to layer within a block it
    never grows"""
    shares = run.after["demo_stopped"].shares
    assert max(shares.values()) < 0.5 and 1 / 20 < shares["block2_conv2"] < 1 / 13
    names = list(shares)
    for one, other in pairwise(names):
        assert one[:6] != other[:6] or shares[other] <= shares[one]


def test_claim_four_zeros(run):
    """Real maps hold many, four zeros each, and there the choice is without effect"""
    z = next(kept for kind, kept, layer in run.steps if (kind, layer) == ("relu", "block1_conv2"))
    blocks = np.maximum(z, 0).reshape(32, 2, 32, 2, -1).max(axis=(1, 3))
    assert (blocks == 0).mean() > 0.3
    g = np.ones(blocks.shape, np.float32)
    below = run.relu_backward(run.pool_backward(g, np.maximum(z, 0), "max"), z)
    assert not below.reshape(32, 2, 32, 2, -1).sum(axis=(1, 3))[blocks == 0].any()


def test_claim_pools(run):
    """one pixel of 64, which gets all of the 1. Average: all 64, each a 64th. Both sum up to the same"""
    most, mean = run.after["demo_pools"].reached["max"], run.after["demo_pools"].reached["average"]
    assert (most > 0).mean() == 1 / 64 and set(np.unique(most)) == {0, 1}
    assert (mean == 1 / 64).all() and most.sum() == mean.sum()


def test_claim_half_a_turn(run):
    """Up becomes down and left becomes right for all nine: the outputs answer with the kernel turned by half a turn"""
    now = run.after["demo_nine"]
    np.testing.assert_allclose(now.answers, now.weights[::-1, ::-1], atol=1e-6)
    assert np.abs(now.answers - now.weights).max() > 0.3, "a kernel that shows it"


def test_claim_finite_differences(run):
    """your function should have told the slopes"""
    for cell in ("demo_conv_check", "demo_pixels_check"):
        (worst,) = re.findall(r"largest difference: (\S+) of", run.said[cell])
        assert float(worst) < 1e-3


def test_claim_helper(run):
    """They agree to five digits or six ... The helper is a few times faster, not hundreds of times"""
    now = run.after["demo_helper"]
    assert now.far < 1e-5 and now.yours < 100 * now.helpers


def test_claim_same_picture(run):
    """the helper's comes out the same to the eye"""
    yours, theirs = run.after["demo_painted"].painted
    assert np.abs(yours - theirs).mean() < 0.01 and np.corrcoef(yours.ravel(), theirs.ravel())[0, 1] > 0.99


def test_claim_even_wall(run):
    """On the ball's even wall more than half of the numbers equal their neighbour to the right"""
    _, activations = run.forward(nst.load_image("ball", size=64), run.convolutions)
    wall = activations["block1_conv2"][4:12, -16:-4]
    left, right = wall[:, ::2], wall[:, 1::2]
    assert (left == right)[left > 0].mean() > 0.5


@student_plan_only
def test_claim_painted(run):
    """the ball painted twice, with blue ripples on the wall and a deep blue shadow"""
    for picture in run.after["demo_painted"].painted:
        wall, shadow = picture[2:10, 44:], picture[29:35, 36:46]
        assert (wall[..., 2] - wall.mean(axis=2)).mean() > 0.05
        assert (shadow[..., 2] - shadow.mean(axis=2)).mean() > 0.15 and shadow.mean() < 0.45


def test_every_claim_is_said():
    assert not claims.misquoted("07", globals())
