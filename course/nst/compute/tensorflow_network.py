"""The network and the total loss in TensorFlow: for a GPU, for bfloat16, and where Numba is not installed."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nst.compute.machine import tensorflow
from nst.compute.weights import Weights, load_weights
from nst.constants import CONTENT_LAYER, LAYERS, MEAN_BGR, STYLE_LAYERS

BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"


def compiled(function: Callable, bfloat16: bool, **options: Any) -> Callable:
    """The function as a graph; whether oneDNN multiplies in bfloat16 (losses then agree to about 2e-4) is its own.

    TensorFlow has one switch for all graphs that a thread runs: it is on only while one in bfloat16 does.
    """
    tf = tensorflow()
    tf.get_logger().addFilter(_said_of_others)
    graph, switch = tf.function(function, autograph=False, **options), tf.config.optimizer.set_experimental_options

    def in_bfloat16(*arguments):
        switch({BFLOAT16: True})
        try:
            return graph(*arguments)
        finally:
            switch({BFLOAT16: False})

    return in_bfloat16 if bfloat16 else graph


def _said_of_others(record: logging.LogRecord) -> bool:
    """Not TensorFlow's warning that our graphs are built too often: each size of a picture has one of its own."""
    text = record.getMessage()
    return "triggered tf.function retracing" not in text or not ("TensorFlowNetwork" in text or "_against" in text)


class TensorFlowNetwork:
    """VGG19 up to the last of `layers`; arrays are NumPy's, the work is TensorFlow's, on the GPU where there is one."""

    def __init__(self, layers: Sequence[str], weights: Weights, pooling: str, bfloat16: bool = False) -> None:
        tf = tensorflow()
        self.layers, self.pooling, self.bfloat16 = layers, pooling, bfloat16
        self._image: np.ndarray | None = None
        names = LAYERS[: 1 + LAYERS.index(layers[-1])]
        self._constants = {name: tuple(map(tf.constant, weights.layers[name])) for name in names}
        image = tf.TensorSpec((None, None, 3), tf.float32)
        self.compiled = compiled(self.tensors, bfloat16, input_signature=[image])
        self._backward = compiled(self._vector_jacobian, bfloat16)

    def forward(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """dict: layer -> activation (H, W, N) of the image."""
        if self._image is None or not np.array_equal(image, self._image):
            self._image = None  # until all is computed: what is interrupted must not be taken for done
            found = self.compiled(tensorflow().constant(image))
            self._found = {layer: tensor.numpy()[0] for layer, tensor in found.items()}
            self._image = np.array(image)
        return self._found

    def backward(self, gradients: dict[str, np.ndarray]) -> np.ndarray:
        """dL/dx (H, W, 3) at the last image, from dict layer -> dL/da (H, W, N)."""
        image = tensorflow().constant(self._image)
        return self._backward(image, {layer: g[None] for layer, g in gradients.items()}).numpy()

    def tensors(self, image: Any) -> dict:
        """dict: layer -> activation (1, H, W, N), as tensors of the graph that is being built."""
        tf = tensorflow()
        a = (image[None, :, :, ::-1] * 255.0) - tf.constant(MEAN_BGR)
        found = {}
        for name, (kernel, bias) in self._constants.items():
            if name.endswith("conv1") and name != LAYERS[0]:
                a = (tf.nn.max_pool2d if self.pooling == "max" else tf.nn.avg_pool2d)(a, 2, 2, "VALID")
            a = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(a, kernel, 1, "SAME"), bias))
            if name in self.layers:
                found[name] = a
        return found

    def _vector_jacobian(self, image, gradients):
        tf = tensorflow()
        with tf.GradientTape() as tape:
            tape.watch(image)
            activations = self.tensors(image)
        return tape.gradient([activations[layer] for layer in gradients], image, list(gradients.values()))


def tensorflow_objective(
    network: TensorFlowNetwork,
    content: np.ndarray,
    styles: Sequence[tuple[np.ndarray, float]],
    content_layers: Sequence[str],
    style_layers: Sequence[str],
    xla: bool = False,
) -> Callable:
    """A function: (x, alpha, beta) -> (content loss (4), style loss (8), gradient of (10)), as one compiled graph."""
    tf = tensorflow()
    _, evaluate = _against(network, content, styles, content_layers, style_layers)
    graph = compiled(evaluate, network.bfloat16, jit_compile=xla)

    def objective(x, alpha, beta):
        content, style, gradient = graph(tf.constant(x), tf.constant(alpha), tf.constant(beta))
        return float(content), float(style), gradient.numpy()

    return objective


def _against(network, content, styles, content_layers, style_layers):
    """(losses, evaluate): two functions of an image tensor. Whole images only go in, as in `winograd_loss.py`."""
    if type(network) is not TensorFlowNetwork:
        raise TypeError(f"a TensorFlowNetwork is needed, got {type(network).__name__}")
    tf = tensorflow()
    of_content, per_position = network.compiled(tf.constant(content)), dict.fromkeys(style_layers, 0.0)
    for image, share in styles:
        activations = network.compiled(tf.constant(image))
        for layer in style_layers:
            F = tf.reshape(activations[layer], (-1, activations[layer].shape[-1]))  # (M, N), the note's transposed
            per_position[layer] += share * tf.matmul(F, F, transpose_a=True) / F.shape[0]
    P = {layer: of_content[layer] for layer in content_layers}
    A = {layer: of_content[layer].shape[1] * of_content[layer].shape[2] * mean for layer, mean in per_position.items()}

    def losses(x):
        """(content loss, style loss), as tensors: forward only, for a tape to differentiate."""
        activations, style = TensorFlowNetwork.tensors(network, x), 0.0
        content = sum(tf.reduce_sum((activations[layer] - P[layer]) ** 2) / 2 for layer in P)
        for layer in A:
            F = tf.reshape(activations[layer], (-1, A[layer].shape[0]))
            M, N = F.shape
            style += tf.reduce_sum((tf.matmul(F, F, transpose_a=True) - A[layer]) ** 2) / (4.0 * N**2 * M**2)
        return content, style / len(A)

    def evaluate(x, alpha, beta):
        """(content loss, style loss, gradient of (10)), as tensors."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            activations = TensorFlowNetwork.tensors(network, x)
        content, style, gradients = 0.0, 0.0, dict.fromkeys(activations, 0.0)
        for layer in P:
            difference = activations[layer] - P[layer]
            content += tf.reduce_sum(difference**2) / 2  # (3)
            gradients[layer] += alpha * difference  # (5)
        for layer in A:
            F = tf.reshape(activations[layer], (-1, A[layer].shape[0]))
            (M, N), w = F.shape, 1.0 / len(A)
            difference = tf.matmul(F, F, transpose_a=True) - A[layer]  # (6)
            style += w * tf.reduce_sum(difference**2) / (4.0 * N**2 * M**2)  # (7), (8)
            slope = tf.matmul(F, difference) * (beta * w / (float(N) ** 2 * float(M) ** 2))  # (9)
            gradients[layer] += tf.reshape(slope, activations[layer].shape)
        gradient = tape.gradient(list(activations.values()), x, list(gradients.values()))
        return content, style, gradient

    return losses, evaluate


def tensor_losses(content: np.ndarray, style: np.ndarray) -> Callable:
    """A function: image tensor -> (content loss (4), style loss (8)), as tensors that a GradientTape can follow.

    content, style: images (H, W, 3) of one size; the layers of Gatys et al. For notebook 05, and for float32 checks.
    """
    network = TensorFlowNetwork((*STYLE_LAYERS[:4], CONTENT_LAYER, STYLE_LAYERS[4]), load_weights(), "max")
    losses, _ = _against(network, content, [(style, 1.0)], (CONTENT_LAYER,), STYLE_LAYERS)
    return losses
