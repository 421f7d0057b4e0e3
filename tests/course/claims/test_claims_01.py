"""Notebook 01: every sentence with a number or a comparison, recomputed from the cells' own values."""

import itertools

import numpy as np
import pytest

import claims
import nst
from claims import student_plan_only
from nst.compute.weights import CHANNELS

pytestmark = pytest.mark.slow
LAYERS = list(nst.STYLE_LAYERS)


@pytest.fixture(scope="module")
def run():
    return claims.run("01")


def distances(run, name):
    """Space -> distance of the altered cat, in lengths of the cat."""
    spaces, ratios = run.lines[name]
    return dict(zip(spaces, ratios, strict=True))


def stations(run):
    """Places (content distance, style distance) of the walk, in order."""
    return [run.place(picture) for picture in run.walk.values()]


def test_claim_shapes(run):
    """the shapes of the content, in the colours and strokes of the style"""
    content = nst.image_of(run.my_picture, shape=run.result.image.shape[:2])
    grey = [picture.mean(axis=2).ravel() for picture in (run.result.image, content)]
    assert np.corrcoef(*grey)[0, 1] > 0.5
    colours = [picture.mean(axis=(0, 1)) for picture in (run.result.image, run.my_style, run.my_picture)]
    assert np.linalg.norm(colours[0] - colours[1]) < np.linalg.norm(colours[2] - colours[1])


def test_claim_reshape(run):
    """the first third of all numbers is the top third of the picture, red, green and blue mixed"""
    third = run.cat[: run.H // 3].ravel()
    np.testing.assert_array_equal(run.scrambled[0][: third.size], third)


def test_claim_tiny_one(run):
    """The first row of $F$ must be $(1, 2, 3)$"""
    np.testing.assert_array_equal(run.feature_matrix(np.array([[[1, 10], [2, 20], [3, 30]]]))[0], [1, 2, 3])


def test_claim_by_hand(run):
    """it is $0 + 2 + 6 + 0 = 8$ ... it is $\\sqrt{1 + 1 + 1 + 16} = 4.3589$"""
    F, P = np.array([[1, 2], [3, 4]]), np.array([[0, 1], [2, 0]])
    assert run.inner_product(F, P) == 8 and run.feature_distance(F, P) == pytest.approx(4.3589, abs=5e-5)


def test_claim_card(run):
    """an empty card is nearer to the cat than the cat itself, moved by 6 pixels"""
    assert run.distances["a blank card"] < run.distances["moved by 6 pixels"]


def test_claim_convolutions():
    """16 are convolutions. The last three, with 124 of its 144 million numbers"""
    assert len(nst.LAYERS) == 16
    kept = sum(9 * a * b + b for a, b in itertools.pairwise(CHANNELS))
    cut = sum(a * b + b for a, b in ((7 * 7 * 512, 4096), (4096, 4096), (4096, 1000)))
    assert round(cut / 1e6) == 124 and round((cut + kept) / 1e6) == 144


def test_claim_frozen_ruler(run):
    """five blocks of convolutions ... between two blocks the picture is halved"""
    sides = [activation.shape[0] for activation in run.vgg.activations(run.seen).values()]
    assert sides == [128, 64, 32, 16, 8]
    assert all(f"{nst.receptive_field(layer)} x" in run.said["demo_network"] for layer in LAYERS)


def test_claim_six_loudest(run):
    """in each, the six filters that answer loudest"""
    for k, activation in enumerate(run.vgg.activations(run.seen).values()):
        shown = [int(name.split("#")[1]) for name in run.after["demo_layers"].names[6 * k : 6 * k + 6]]
        loudness = activation.mean(axis=(0, 1))
        assert min(loudness[shown]) >= np.sort(loudness)[-6]


def test_claim_gap_wider(run):
    """At `block1_conv1` the gap gets *wider*"""
    gap = {
        space: distances(run, "moved by 6 pixels")[space] - distances(run, "a blank card")[space] for space in run.here
    }
    assert gap["block1_conv1"] > gap["pixels"] > 0


def test_claim_order_turns(run):
    """From `block3_conv1` on the moved cat is nearer than the card"""
    moved, card = distances(run, "moved by 6 pixels"), distances(run, "a blank card")
    assert [space for space in run.here if moved[space] < card[space]] == LAYERS[2:]


def test_claim_tolerance_to_small_moves(run):
    """depth buys tolerance to small moves"""
    moved = [distances(run, "moved by 6 pixels")[layer] for layer in LAYERS]
    assert moved == sorted(moved, reverse=True)


def test_claim_mirrored_cat(run):
    """The mirrored cat stays far away at every depth ... the mirrored cat stays on top"""
    others = [distances(run, name) for name in run.altered if name != "in a mirror"]
    for space, far in distances(run, "in a mirror").items():
        assert far >= max(other[space] for other in others) and (far > 0.95 or space == "pixels")


def test_claim_two_numbers_agree(run):
    """The two printed numbers agree: the engine's content loss is *half the squared* distance"""
    last = run.steps[-1]
    assert run.place(last.image)[0] == pytest.approx(np.sqrt(2 * last.content_loss), rel=1e-3)


def test_claim_the_deal(run):
    """style transfer gives content away to win style ... The star stays out of reach"""
    first, *_, last = stations(run)
    assert first[0] == 0 < last[0] and 0 < last[1] < first[1]


@student_plan_only
def test_claim_not_straight(run):
    """The first steps run far off to the right, until the optimiser has learnt how steep the land is; then it wins some
    content back"""
    contents = [content for content, _ in stations(run)]
    assert contents[0] < contents[1] > contents[2] > contents[3] > 0


def test_claim_corners(run):
    """My picture is at the left edge, the style picture at the bottom right"""
    others = [run.place(picture) for picture in run.others.values()]
    content, style = run.place(run.small_style)
    assert style == pytest.approx(0, abs=1e-3 * stations(run)[0][1])
    assert content > max(place[0] for place in stations(run)) and all(place[1] > style for place in others)


def test_every_claim_is_said():
    assert not claims.misquoted("01", globals())
