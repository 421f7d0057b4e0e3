"""VGG19 (Simonyan & Zisserman 2014) cut after the last layer asked for: activations, features, the image gradient."""

import difflib

import numpy as np

from .backend import tensorflow
from .constants import CONTENT_LAYER, LAYERS, STYLE_LAYERS
from .errors import ImageError, LayerError, OptionError
from .images import as_image
from .weights import load_weights

MEAN_BGR = (103.939, 116.779, 123.68)  # ImageNet's mean colour on the 0..255 scale, as Keras subtracts it


class VGG19:
    """The feature extractor: an image (H, W, 3), RGB in [0, 1], goes in; activations after the ReLU come out.

    layers: a layer name or several (default: the style and content layers of Gatys et al. 2015).
    weights: see `nst.weights`. pooling: "max" as trained, or "average" as Gatys et al. prefer.
    Raises LayerError, OptionError, WeightsError, MissingPackageError (no TensorFlow).
    """

    def __init__(self, layers=None, weights="auto", pooling="max"):
        if pooling not in ("max", "average"):
            raise OptionError(f'pooling={pooling!r}: use "max" or "average"')
        self.layers = check_layers((*STYLE_LAYERS, CONTENT_LAYER) if layers is None else layers)
        self.pooling = pooling
        tf = tensorflow()
        loaded = load_weights(weights)
        self.label = loaded.label
        self._depth = 1 + LAYERS.index(self.layers[-1])
        self._variables = {name: tuple(map(tf.constant, loaded.layers[name])) for name in LAYERS[: self._depth]}
        image = tf.TensorSpec((None, None, 3), tf.float32)
        self._forward = tf.function(self.tensors, input_signature=[image], autograph=False)
        self._backward = tf.function(self._vector_jacobian, autograph=False)

    def activations(self, image):
        """dict: layer -> activation (H_l, W_l, N_l) after the ReLU, float32, in network order."""
        return {layer: tensor.numpy()[0] for layer, tensor in self._forward(self._checked(image)).items()}

    def features(self, image):
        """dict: layer -> feature matrix F (N_l, M_l); row i is filter i, positions in row-major order."""
        return {layer: a.reshape(-1, a.shape[-1]).T for layer, a in self.activations(image).items()}

    def image_gradient(self, image, activation_gradients):
        """dL/dx (H, W, 3), float32, from dict layer -> dL/dF (N_l, M_l): the vector-Jacobian product.

        It goes through the network and its preprocessing, so x is the image in [0, 1].
        Layers that are not in the dict count as zero. Raises LayerError, ImageError (wrong shape of a dL/dF).
        """
        image = self._checked(image)
        if not activation_gradients:
            return np.zeros(image.shape, np.float32)
        self._check_used(activation_gradients)
        shapes = self.shapes(image.shape)
        arrays = {layer: _as_activation(layer, g, shapes[layer]) for layer, g in activation_gradients.items()}
        return self._backward(image, arrays).numpy()

    def shapes(self, image_shape):
        """dict: layer -> (H_l, W_l, N_l) for an image of that shape."""
        height, width = image_shape[:2]
        halvings = {layer: int(layer[5]) - 1 for layer in self.layers}
        return {layer: (height >> n, width >> n, self._variables[layer][1].shape[0]) for layer, n in halvings.items()}

    def tensors(self, image):
        """The same activations as TensorFlow tensors (1, H_l, W_l, N_l), for use inside another graph."""
        tf = tensorflow()
        a = (image[None, :, :, ::-1] * 255.0) - tf.constant(MEAN_BGR)
        found = {}
        for layer in LAYERS[: self._depth]:
            if layer.endswith("conv1") and layer != LAYERS[0]:
                a = self._pool(a)
            kernel, bias = self._variables[layer]
            a = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(a, kernel, 1, "SAME"), bias))
            if layer in self.layers:
                found[layer] = a
        return found

    def _pool(self, a):
        nn = tensorflow().nn
        return (nn.max_pool2d if self.pooling == "max" else nn.avg_pool2d)(a, 2, 2, "VALID")

    def _vector_jacobian(self, image, gradients):
        tf = tensorflow()
        with tf.GradientTape() as tape:
            tape.watch(image)
            activations = self.tensors(image)
        return tape.gradient([activations[layer] for layer in gradients], image, list(gradients.values()))

    def _checked(self, image):
        image = as_image(image)
        if min(height_width := image.shape[:2]) < (least := 1 << (int(self.layers[-1][5]) - 1)):
            raise ImageError(f"{self.layers[-1]} needs at least {least} x {least} pixels, got {tuple(height_width)}")
        return tensorflow().constant(image)

    def _check_used(self, names):
        for name in names:
            if name not in self.layers:
                check_layers([name])
                raise LayerError(f"{name} is not among the layers asked for ({self.layers}): VGG19(layers=...)")


def check_layers(layers):
    """The layer names as a tuple in network order; LayerError with the nearest real name for an unknown one."""
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    if not names:
        raise LayerError(f"no layer given; VGG19 has {', '.join(LAYERS)}")
    for name in names:
        if name not in LAYERS:
            close = difflib.get_close_matches(str(name), LAYERS, 2, 0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(LAYERS)}"
            raise LayerError(f"VGG19 has no layer {name!r}: {hint}")
    return tuple(layer for layer in LAYERS if layer in names)


def _as_activation(layer, gradient, shape):
    """dL/dF (N, M) as dL/da (1, H, W, N) float32."""
    height, width, filters = shape
    gradient = np.asarray(gradient, np.float32)
    if gradient.shape != (filters, height * width):
        raise ImageError(
            f"the gradient of {layer} has the shape {gradient.shape}; F and dL/dF of this image have "
            f"{(filters, height * width)}"
        )
    return gradient.T.reshape(1, height, width, filters)
