"""Notebook 03: every sentence with a number or a comparison, recomputed from the cells' own values."""

import numpy as np
import pytest

import claims
import nst

pytestmark = pytest.mark.slow
LAYERS = list(nst.STYLE_LAYERS)


@pytest.fixture(scope="module")
def run():
    return claims.run("03")


def changes(run, name):
    """Side of a tile -> change of that line of the plot."""
    return dict(zip(run.tiles, run.lines[name][1], strict=True))


def from_8(run, layer):
    return [change for tile, change in changes(run, layer).items() if tile >= 8]


def test_claim_same_pixels(run):
    """the very same pixels, cut into 64 square tiles and put back in a random order"""
    cut = run.shuffle_tiles(run.painting, 24)
    assert (len(run.painting) // 24) ** 2 == 64 and not np.array_equal(cut, run.painting)
    np.testing.assert_array_equal(np.sort(cut, axis=None), np.sort(run.painting, axis=None))


def test_claim_by_pencil(run):
    """$G_{11} = 1 + 4 + 0 = 5$, $\\;G_{12} = G_{21} = 0 + 2 + 0 = 2$, $\\;G_{22} = 0 + 1 + 9 = 10$"""
    np.testing.assert_array_equal(run.gram_matrix(np.array([[1, 2, 0], [0, 1, 3]])), [[5, 2], [2, 10]])


def test_claim_first_row(run):
    """must be $63.1888,\\; -26.72128,\\; -7.73202$"""
    np.testing.assert_allclose(run.gram_matrix(run.three_filters)[0], [63.1888, -26.72128, -7.73202], rtol=1e-6)


def test_claim_fingerprints(run):
    """numbers that change little under such a shuffle, and a lot from painter to painter ... Those of the painting and
    of the shuffled painting look alike, the ball's is much darker and has another pattern"""
    whole, cut, ball = run.grams.values()
    assert np.abs(cut - whole).sum() < 0.2 * whole.sum() < 0.5 * whole.sum() < np.abs(ball - whole).sum()
    assert np.sqrt(ball).mean() < 0.5 * np.sqrt(whole).mean()
    assert np.corrcoef(whole.ravel(), cut.ravel())[0, 1] > 0.98 > 0.7 > np.corrcoef(whole.ravel(), ball.ravel())[0, 1]


def test_claim_sorted(run):
    """The filters are sorted by how loudly they answer to the painting"""
    assert (np.diff(np.diag(run.grams["painting"])[run.loudest_first]) <= 0).all()


def test_claim_symmetric_and_positive(run):
    """It is symmetric ... No entry is negative"""
    for G in run.grams.values():
        np.testing.assert_allclose(G, G.T, rtol=1e-5)
        assert G.min() >= 0


def test_claim_friends_and_strangers(run):
    """the closest friends and the strangest strangers among the sixteen loudest filters"""
    assert len(run.loud) == 16
    assert run.cosine[run.friends] == run.off_diagonal.max() > 0.7
    assert run.cosine[run.strangers] == run.cosine.min() < 0.3


def test_claim_columns(run):
    """Columns: $G$ does not move ... The tiny number printed is rounding"""
    before, after = run.G_shuffled["as it is"], run.G_shuffled["positions shuffled"]
    assert np.abs(before - after).max() < 1e-5 * before.max()


def test_claim_rows(run):
    """Rows: $G$ is rearranged, its rows and columns both, by the same permutation"""
    before, after = run.G_shuffled["as it is"], run.G_shuffled["filters shuffled"]
    order = [int(np.argmax((run.F_painting == row).all(axis=1))) for row in run.shuffled["filters shuffled"]]
    assert order != sorted(order) and np.abs(before - after).max() > 0.1 * before.max()
    np.testing.assert_allclose(after, before[np.ix_(order, order)], rtol=1e-4)


def test_claim_curves_fall(run):
    """From tiles of 8 pixels on, larger tiles mean fewer cuts, and all curves fall ... From tiles of 8 pixels on, the
    Gram matrix at every depth comes through the scissors better the larger the tiles"""
    for layer in LAYERS:
        assert (np.diff(from_8(run, layer)) < 0).all()


def test_claim_calmest_and_most_upset(run):
    """There `block1_conv1` is always the calmest and `block5_conv1` the most upset"""
    for at_tile in zip(*(from_8(run, layer) for layer in LAYERS), strict=True):
        assert at_tile[0] == min(at_tile) and at_tile[-1] == max(at_tile)


def test_claim_intact_neighbourhoods(run):
    """A filter that sees 3 pixels finds most of its neighbourhoods intact, 56 % in tiles of 8 pixels"""
    assert nst.receptive_field("block1_conv1", "bundled") == 3
    assert f"{(8 - 2) ** 2 / 8**2:.0%}" == "56%"


def test_claim_receptive_fields_are_printed(run):
    """notebook 1 printed how large a square of the picture each of them sees"""
    said = [line.split()[-2] for line in run.said["demo_rulers"].splitlines() if "sees squares" in line]
    assert said == ["3", "10", "24", "60", "132"]


def test_claim_large_tiles(run):
    """blocks 1 and 2 hardly notice tiles of 64 pixels"""
    assert max(changes(run, layer)[64] for layer in LAYERS[:2]) < 0.1 < changes(run, LAYERS[2])[64]


def test_claim_features_change(run):
    """The features of `block1_conv1` change by more than 100 % whatever the tile ... the line of the features
    themselves stays above 1"""
    assert min(changes(run, "features of block1_conv1").values()) > 1


def test_claim_shallow_first(run):
    """From 8 pixels on all fall, shallow layers first"""
    assert changes(run, LAYERS[0])[16] < changes(run, LAYERS[1])[16] < changes(run, LAYERS[2])[16]


def test_claim_same_gram(run):
    """Same Gram matrix, two clouds that nobody could confuse"""
    np.testing.assert_allclose(run.gram_matrix(run.F_rotated), run.gram_matrix(run.F_two), rtol=1e-6)
    assert run.F_two.min() >= 0 > -100 > run.F_rotated.min()


def test_claim_wallpaper(run):
    """Nearly 4: where two copies meet there are new edges"""
    assert 3.9 < run.G_wallpaper.sum() / run.G_once.sum() < 4.1


def test_every_claim_is_said():
    assert not claims.misquoted("03", globals())
