"""The network against things that share nothing with it: plain NumPy, finite differences, published kernels."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import nst
from nst.compute.weights import load_weights
from nst.constants import MEAN_BGR
from weight_files import write_keras_file

OUTSIDE = Path(__file__).parents[3] / "shared" / "vgg19" / "blocks1to3.npz"
LAYERS = ("block1_conv1", "block2_conv1", "block2_conv2", "block3_conv1")


def plain_forward(kernels, a, pooling, convolutions):
    """Activations by loops over the kernel's nine taps, in float64; pooling by slicing."""
    found = {}
    for name in convolutions:
        if name.endswith("conv1") and name != "block1_conv1":
            h, w, c = (a.shape[0] // 2, a.shape[1] // 2, a.shape[2])
            blocks = a[: 2 * h, : 2 * w].reshape(h, 2, w, 2, c)
            a = blocks.max((1, 3)) if pooling == "max" else blocks.mean((1, 3))
        kernel, bias = (np.asarray(k, np.float64) for k in kernels[name])
        h, w, _ = a.shape
        padded = np.pad(a, ((1, 1), (1, 1), (0, 0)))
        z = sum(padded[i : i + h, j : j + w] @ kernel[i, j] for i in range(3) for j in range(3)) + bias
        found[name] = a = np.maximum(z, 0)
    return found


def preprocessed(image):
    return np.asarray(image, np.float64)[..., ::-1] * 255 - MEAN_BGR


@pytest.fixture(scope="module")
def kernels():
    return load_weights("bundled").layers


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(3).uniform(-0.1, 1.1, (19, 22, 3)).astype(np.float32)  # odd height, outside [0, 1]


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_activations_and_image_gradient_equal_a_plain_convolution(kernels, image, pooling):
    network = nst.VGG19(layers=LAYERS, weights="bundled", pooling=pooling)
    names = nst.LAYERS[: nst.LAYERS.index(LAYERS[-1]) + 1]
    expected = plain_forward(kernels, preprocessed(image), pooling, names)
    activations, features = network.activations(image), network.features(image)
    assert list(activations) == list(features) == list(LAYERS)
    for layer in LAYERS:
        a = activations[layer]
        assert a.dtype == np.float32 and a.shape == expected[layer].shape
        np.testing.assert_allclose(a, expected[layer], rtol=1e-4, atol=1e-4 * expected[layer].max())
        assert features[layer].shape == (a.shape[2], a.shape[0] * a.shape[1])
        assert features[layer][5, a.shape[1] + 2] == a[1, 2, 5]  # row i is filter i, positions row by row

    rng = np.random.default_rng(4)
    slopes = {layer: rng.normal(size=features[layer].shape) for layer in LAYERS}

    def loss(x):  # linear in the activations, so its dL/dF is `slopes`
        a = plain_forward(kernels, preprocessed(x), pooling, names)
        return sum((slopes[layer] * a[layer].reshape(-1, a[layer].shape[2]).T).sum() for layer in LAYERS)

    gradient = network.image_gradient(image, slopes)
    assert gradient.shape == image.shape and gradient.dtype == np.float32
    assert difference_to_finite_differences(loss, image, gradient) < 2e-3


def difference_to_finite_differences(loss, image, gradient, entries=24):
    """Relative error of `gradient` at some entries; steps of 1e-7 in float64 stay on one side of nearly every kink."""
    return nst.numerical_gradient(loss, image, entries, step=1e-7).error(gradient)


def test_total_loss_gradient_equals_finite_differences_through_the_deepest_layers(kernels):
    rng = np.random.default_rng(5)
    image = rng.random((33, 36, 3)).astype(np.float32)
    network = nst.VGG19(layers="block5_conv1", weights="bundled")
    names = nst.LAYERS[: nst.LAYERS.index("block5_conv1") + 1]
    target = rng.random((2, 2, 512))

    def loss(x):
        return ((plain_forward(kernels, preprocessed(x), "max", names)["block5_conv1"] - target) ** 2).sum() / 2

    a = network.activations(image)["block5_conv1"]
    gradient = network.image_gradient(image, {"block5_conv1": (a - target).reshape(-1, 512).T})
    assert difference_to_finite_differences(loss, image, gradient, 6) < 5e-3


def test_published_kernels_give_the_published_activation(kernels, tmp_path):
    if not OUTSIDE.exists():
        pytest.skip(f"no genuine VGG19 kernels at {OUTSIDE.parent.name}/{OUTSIDE.name} beside the repository")
    with np.load(OUTSIDE) as file:
        genuine = {n: (file[f"{n}/kernel"], file[f"{n}/bias"]) for n in nst.LAYERS if f"{n}/kernel" in file}
    path = write_keras_file(tmp_path / "genuine.h5", {**kernels, **genuine})
    network = nst.VGG19(layers="block2_conv2", weights=path, pooling="average")
    mean_colour = np.broadcast_to(np.array(MEAN_BGR[::-1]) / 255, (512, 768, 3))  # zeros at the network's input
    value = network.activations(mean_colour)["block2_conv2"][0, 0, 0]
    np.testing.assert_allclose(value, 0.20578316, rtol=1e-5)


def test_unknown_layers_and_wrong_shapes_say_what_is_meant():
    with pytest.raises(nst.LayerError, match="did you mean block4_conv2"):
        nst.VGG19(layers=["block4_conv_2"], weights="bundled")
    network = nst.VGG19(layers="block1_conv1", weights="bundled")
    image = np.zeros((32, 40, 3), np.float32)
    with pytest.raises(nst.LayerError, match="not among the layers asked for"):
        network.image_gradient(image, {"block2_conv1": np.zeros((128, 320))})
    with pytest.raises(nst.ImageError, match=r"\(64, 1280\)"):
        network.image_gradient(image, {"block1_conv1": np.zeros((1280, 64))})
    with pytest.raises(nst.ImageError, match="at least 16 x 16"):
        nst.VGG19(weights="bundled").features(image[:15])
    with pytest.raises(nst.OptionError, match="average"):
        nst.VGG19(weights="bundled", pooling="mean")


def test_convolutions_are_those_that_compute_the_layers_and_cannot_be_written_to(image):
    network = nst.VGG19(layers="block2_conv1", weights="bundled")
    names, kernels, biases = zip(*network.convolutions(), strict=True)
    assert names == nst.LAYERS[:3] and [k.shape for k in kernels] == [(3, 3, 3, 64), (3, 3, 64, 64), (3, 3, 64, 128)]
    assert [b.shape for b in biases] == [(64,), (64,), (128,)] and kernels[0].dtype == np.float32
    pixels = 255 * image[:3, :3, ::-1] - np.float32(MEAN_BGR)  # the middle one sees all nine
    first = np.einsum("ijc,ijco->o", pixels, kernels[0]) + biases[0]
    one = nst.VGG19(layers="block1_conv1", weights="bundled").activations(image)["block1_conv1"][1, 1]
    np.testing.assert_allclose(one, np.maximum(first, 0), rtol=1e-3, atol=1e-3)
    with pytest.raises(ValueError, match="read-only"):
        kernels[0][0] = 0


def test_threads_that_share_a_network_do_not_mix_their_images(image):
    vgg = nst.VGG19(LAYERS)
    images = [image, image[::-1].copy()]
    alone = [vgg.activations(x)["block3_conv1"] for x in images]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda i: vgg.activations(images[i % 2])["block3_conv1"], range(20)))
    for i, activation in enumerate(together):
        np.testing.assert_array_equal(activation, alone[i % 2])
