"""The receptive field of a layer: read from the weights, and the same as what a gradient reaches (Winograd rounds)."""

import numpy as np
import pytest

import nst
from nst.compute.weights import CHANNELS
from weight_files import write_keras_file


def test_bundled_weights_see_less_than_vgg19_would(monkeypatch):
    """Their fourth convolutions of blocks 3 to 5 hand everything on: 132 pixels in block 5, not VGG19's 156."""
    monkeypatch.delenv("NST_WEIGHTS", raising=False)
    assert [nst.receptive_field(layer, "bundled") for layer in nst.STYLE_LAYERS] == [3, 10, 24, 60, 132]
    assert nst.receptive_field("block3_conv4", "bundled") == nst.receptive_field("block3_conv3", "bundled")


@pytest.mark.parametrize("layer", ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"])
def test_a_gradient_reaches_exactly_that_far(layer):
    """With average pooling nothing within reach is left out, so the push of one position has the field's very size."""
    side = nst.receptive_field(layer, "bundled")
    vgg = nst.VGG19(layer, weights="bundled", pooling="average")
    image = np.random.default_rng(0).uniform(size=(96, 96, 3)).astype(np.float32)
    height, width, filters = vgg.activations(image)[layer].shape
    one = np.zeros((filters, height * width), np.float32)
    one[:, (height // 2) * width + width // 2] = 1
    push = np.abs(vgg.image_gradient(image, {layer: one})).max(axis=2)
    rows, columns = np.nonzero(push > 1e-5 * push.max())  # below that: rounding
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == side


def test_weights_of_the_real_shape(tmp_path):
    shapes = zip(nst.LAYERS, CHANNELS[:-1], CHANNELS[1:], strict=True)
    layers = {name: (np.ones((3, 3, n, m), np.float32), np.zeros(m, np.float32)) for name, n, m in shapes}
    path = write_keras_file(tmp_path / "vgg19.h5", layers)
    assert [nst.receptive_field(layer, path) for layer in nst.STYLE_LAYERS] == [3, 10, 24, 68, 156]


def test_unknown_layer():
    with pytest.raises(nst.LayerError, match="block6"):
        nst.receptive_field("block6_conv1")
