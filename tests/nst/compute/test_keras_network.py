"""The Keras network: each has an arithmetic of its own, whatever others in the process compute in."""

import subprocess
import sys

import numpy as np
import pytest

import nst
from nst.compute.keras_network import KerasNetwork
from nst.compute.weights import load_weights

LAYERS = ("block1_conv1", "block3_conv1")


@pytest.mark.tensorflow
def test_bfloat16_of_one_network_reaches_no_other():
    image, weights = nst.load_image("ball", size=48), load_weights("bundled")
    coarse = KerasNetwork(LAYERS, weights, "max", "tensorflow-bfloat16")
    exact = KerasNetwork(LAYERS, weights, "max")
    pictures = image, image[:, ::-1].copy()
    first = [net.forward(pictures[0])["block3_conv1"] for net in (exact, coarse, exact)]
    second = [net.forward(pictures[1])["block3_conv1"] for net in (coarse, exact)]
    by_itself = KerasNetwork(LAYERS, weights, "max").forward(pictures[1])["block3_conv1"]
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_allclose(second[1], by_itself, rtol=1e-6)
    fast = nst.VGG19(LAYERS, "bundled").activations(pictures[1])["block3_conv1"]
    np.testing.assert_allclose(second[1], fast, rtol=1e-3, atol=1e-4 * np.abs(fast).max())


@pytest.mark.tensorflow
def test_a_gradient_stays_float32_after_a_step_in_bfloat16(monkeypatch):
    """What notebook 05 compares with the student's gradient."""
    from nst.compute.keras_network import tensor_losses
    from nst.problem import Problem

    tf = pytest.importorskip("tensorflow")
    monkeypatch.setenv("NST_WEIGHTS", "bundled")
    p = nst.load_image("ball", size=64)
    a = nst.load_image("starry_night", shape=p.shape[:2])
    x = np.float32(0.7 * p + 0.3 * a)
    exact = Problem(p, a, weights="bundled")(x, 1.0, 1e3)[1]
    Problem(p, a, weights="bundled", kind="tensorflow-bfloat16")(x, 1.0, 1e3)
    losses, watched = tensor_losses(p, a), tf.Variable(x)
    with tf.GradientTape() as tape:
        content, style = losses(watched)
        loss = content + 1e3 * style
    assert np.abs(tape.gradient(loss, watched).numpy() - exact).max() < 1e-4 * np.abs(exact).max()


SIZES = """
import nst
from nst.problem import Problem
for size in range(32, 72, 8):
    p = nst.load_image("ball", size=size)
    Problem(p, p, weights="bundled", kind="tensorflow")(p, 1.0, 1.0)
"""


@pytest.mark.tensorflow
def test_many_sizes_one_after_the_other_print_no_warning():
    done = subprocess.run([sys.executable, "-c", SIZES], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "retracing" not in done.stderr, done.stderr
