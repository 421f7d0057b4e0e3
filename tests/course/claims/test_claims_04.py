"""Notebook 04: every sentence with a number or a comparison, recomputed from the cells' own values."""

import numpy as np
import pytest

import claims
import nst
from claims import student_plan_only

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run():
    return claims.run("04")


@pytest.fixture(scope="module")
def by_layer(run):
    """Name -> E_l to the left half, block by block, as the first plot shows them."""
    now = run.after["demo_distance_by_layer"]
    return {
        name: [run.style_loss_layer(F[layer], now.target[layer]) for layer in now.target]
        for name, F in now.features.items()
    }


def coherence(picture, side=15):
    """How far the slopes within `side` pixels agree on a direction: 0 for specks, 1 for parallel lines."""
    down, right = np.gradient(picture.mean(axis=2))
    along, across, mixed = (boxes(a, side) for a in (down**2, right**2, down * right))
    return np.hypot(along - across, 2 * mixed).sum() / (along + across).sum()


def boxes(a, side):
    """Sums over all boxes of side x side."""
    sums = np.pad(a, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    return sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]


def test_claim_number_to_meet(run):
    """for `F = [[1, 0], [0, 2]]` and `A` all zero, $E_l = 17/64 = 0.265625$"""
    assert run.style_loss_layer(np.array([[1, 0], [0, 2]]), np.zeros((2, 2))) == 17 / 64 == 0.265625


def test_claim_other_half_is_nearer(by_layer):
    """The other half is nearer in every block, clearly so in blocks 1 to 4 ... far below in blocks 1 to 4, a little in
    block 5"""
    ratio = np.divide(by_layer["the cat"], by_layer["the other half"])
    assert min(ratio[:4]) > 4 and 1.1 < ratio[4] < 2


def test_claim_few_positions(run):
    """In block 5, 512 filters share a few hundred positions"""
    filters, positions = run.after["demo_distance_by_layer"].features["the cat"]["block5_conv1"].shape
    assert filters == 512 and 100 < positions < 400


def test_claim_powers_of_ten(run):
    """The content loss grows by $10^2$, the style loss by $10^4$"""
    assert "a factor of 1e+04" in run.said["demo_units"]


def test_claim_sizes(run):
    """content grows with the pixels, style little"""
    assert run.content_growth[-1] > 10 > 2 > run.style_growth[-1] > 1
    assert (np.diff(run.content_growth) > 1).all()
    assert run.sizes[-1] == 4 * run.sizes[0]


def test_claim_more_weight_to_block_1():
    """block 1 has 64 filters and block 5 has 512, so dividing by $N_l^2$ once more makes block 1 count
    $(512/64)^2 = 64$ times as much"""
    vgg = nst.VGG19(("block1_conv1", "block5_conv1"), weights="bundled")
    sizes = [F.shape[0] for F in vgg.features(nst.load_image("cat", size=32)).values()]
    assert sizes == [64, 512] and (512 / 64) ** 2 == 64


def test_claim_sorted(run):
    """the nearest comes first ... its other half comes first"""
    assert run.order[0] == "its other half"
    values = [run.distance[name] for name in run.order]
    assert values == sorted(values) and values[0] < 0.5 * values[1]


def test_claim_printed_shape(run):
    """The shapes gave it away because $N \\ne M$"""
    assert run.after["demo_printed_shapes"].printed.shape == run.F_toy.shape[::-1] != run.F_toy.shape


def test_claim_four_of_sixteen(run):
    """Only four of the sixteen dots lie on the diagonal ... the printed matrix holds the right numbers in the wrong
    places"""
    square = run.after["demo_printed_square"]
    on = np.isclose(square.printed[square.where], square.slopes, rtol=1e-4)
    assert on.sum() == 4 and on.size == 16
    assert all(i == j for i, j in zip(*(index[on] for index in square.where), strict=True))
    right = np.empty_like(square.printed)
    right[square.where] = square.slopes
    np.testing.assert_allclose(square.printed, right.T, rtol=1e-4, atol=1e-9)


def test_claim_not_far_fetched():
    """at 64 × 64 pixels `block3_conv1` has 256 filters and 16 × 16 = 256 positions"""
    F = nst.VGG19("block3_conv1", weights="bundled").features(nst.load_image("cat", shape=(64, 64)))["block3_conv1"]
    assert F.shape == (256, 16 * 16)


def test_claim_gradient(run):
    """nudges 40 activations of a real layer ... all dots on the diagonal"""
    check = run.after["demo_gradient_check"]
    assert check.slopes.shape == (40,)
    np.testing.assert_allclose(check.formula[check.where], check.slopes, atol=1e-5 * np.abs(check.slopes).max())


def test_claim_low_layers_are_loud(by_layer):
    """the losses of low layers are hundreds to thousands of times those of high ones"""
    for losses in by_layer.values():
        assert 100 < losses[0] / losses[4] < 10_000 and 100 < losses[1] / losses[3] < 10_000


@student_plan_only
def test_claim_palette(run):
    """With block 1 you get the palette, in specks"""
    colours = [np.median(picture.reshape(-1, 3), axis=0) for picture in (run.textures["block 1"], run.brush_strokes)]
    np.testing.assert_allclose(*colours, atol=0.1)


@student_plan_only
def test_claim_further_in_one_direction(run):
    """Each further block brings strokes that run further in one direction"""
    found = [coherence(picture) for picture in run.textures.values()]
    assert found == sorted(found) and found[-1] < coherence(run.brush_strokes)


@student_plan_only
def test_claim_where_things_were(run):
    """The printed correlations with the painting are close to zero"""
    assert max(map(abs, run.in_place.values())) < 0.1


def test_every_claim_is_said():
    assert not claims.misquoted("04", globals())
