"""Colours of one picture for another."""

import numpy as np
import pytest

import nst
from nst.images import colours


@pytest.fixture
def pair():
    return nst.load_image("ball_and_shadow", shape=(48, 48)), nst.load_image("the_starry_night", shape=(48, 48))


def test_matched_colours_have_the_styles_mean_and_covariance(pair):
    content, style = (0.25 + 0.5 * image for image in pair)  # far from 0 and 1, so that nothing is clipped
    matched = colours.matched_colours(content, style).reshape(-1, 3)
    np.testing.assert_allclose(matched.mean(0), style.reshape(-1, 3).mean(0), atol=0.02)
    np.testing.assert_allclose(np.cov(matched.T), np.cov(style.reshape(-1, 3).T), atol=0.004)


def test_content_colours_keep_the_lightness_of_one_and_the_colours_of_the_other(pair):
    content, style = (0.35 + 0.3 * image for image in pair)
    kept = colours.content_colours(style, content) @ colours.YIQ.T
    np.testing.assert_allclose(kept[..., 0], style @ colours.YIQ[0], atol=1e-3)
    np.testing.assert_allclose(kept[..., 1:], (content @ colours.YIQ.T)[..., 1:], atol=1e-3)
