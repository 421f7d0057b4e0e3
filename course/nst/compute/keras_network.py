"""The network and the total loss in Keras: for every GPU, for bfloat16, and where Numba is not installed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nst.compute.backends import keras, parts
from nst.compute.machine import backend, on_gpu, way_of
from nst.compute.weights import Weights, load_weights
from nst.constants import CONTENT_LAYER, LAYERS, MEAN_BGR, STYLE_LAYERS


class KerasNetwork:
    """VGG19 up to the last of `layers`; arrays are NumPy's, the work is Keras's, on the GPU where there is one.

    kind: one of `machine.KINDS`, which says the backend and the way.
    """

    def __init__(self, layers: Sequence[str], weights: Weights, pooling: str, kind: str = "tensorflow") -> None:
        self.ops, self.layers, self.pooling, self.way = keras(kind).ops, layers, pooling, way_of(kind)
        by_onednn = kind == "tensorflow-bfloat16" and not on_gpu()  # which casts by itself
        self.cast = "bfloat16" if self.way == "bfloat16" and not by_onednn else "float32"
        self._image: np.ndarray | None = None
        names = LAYERS[: 1 + LAYERS.index(layers[-1])]
        self.kernels = {name: tuple(map(self.ops.convert_to_tensor, weights.layers[name])) for name in names}
        self.compiled = parts().compiled(self.tensors, self.way)
        self._backward = parts().with_gradient(self._along, self.way)

    def forward(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """dict: layer -> activation (H, W, N) of the image."""
        if self._image is None or not np.array_equal(image, self._image):
            self._image = None  # until all is computed: what is interrupted must not be taken for done
            found = self.compiled(self.ops.convert_to_tensor(image[None]), self.kernels)
            self._found = {layer: self.ops.convert_to_numpy(tensor)[0] for layer, tensor in found.items()}
            self._image = np.array(image)
        return self._found

    def backward(self, gradients: dict[str, np.ndarray]) -> np.ndarray:
        """dL/dx (H, W, 3) at the last image, from dict layer -> dL/da (H, W, N)."""
        slopes = {layer: self.ops.convert_to_tensor(g[None]) for layer, g in gradients.items()}
        image = self.ops.convert_to_tensor(np.asarray(self._image)[None])
        return self.ops.convert_to_numpy(self._backward(image, self.kernels, slopes)[1])[0]

    def tensors(self, images: Any, kernels: dict) -> dict:
        """dict: layer -> activation (B, H, W, N) of images (B, H, W, 3), as tensors."""
        ops = self.ops
        a = ops.cast(
            ops.flip(images, axis=-1) * 255.0 - ops.convert_to_tensor(np.array(MEAN_BGR, np.float32)), self.cast
        )
        found = {}
        for name, (kernel, bias) in kernels.items():
            if name.endswith("conv1") and name != LAYERS[0]:
                a = (ops.max_pool if self.pooling == "max" else ops.average_pool)(a, 2, 2, "valid")
            a = ops.relu(ops.conv(a, ops.cast(kernel, self.cast), padding="same") + ops.cast(bias, self.cast))
            if name in self.layers:
                found[name] = ops.cast(a, "float32")
        return found

    def _along(self, images, kernels, slopes):
        """(sum of activations times their slopes, nothing): its gradient is the slopes carried back to the image."""
        activations = self.tensors(images, kernels)
        return sum(self.ops.sum(activations[layer] * slope) for layer, slope in slopes.items()), ()


def keras_objective(
    network: KerasNetwork,
    content: np.ndarray,
    styles: Sequence[tuple[np.ndarray, float]],
    content_layers: Sequence[str],
    style_layers: Sequence[str],
) -> Callable:
    """A function: (x, alpha, beta) -> (content loss (4), style loss (8), gradient of (10)), as one compiled graph.

    x: (H, W, 3), or a batch (B, H, W, 3) with losses (B,). The gradient of a NumPy array is one; that of a tensor of
    the backend stays where the tensor is.
    """
    losses, given = _against(network, content, styles, content_layers, style_layers)
    ops = network.ops

    def weighted(x, alpha, beta, given):
        content, style = losses(x, given)
        return ops.sum(alpha * content + beta * style), (content, style)

    graph = parts().with_gradient(weighted, network.way)

    def objective(x, alpha, beta):
        one, tensor = x.ndim == 3, ops.convert_to_tensor(x)
        factors = [ops.convert_to_tensor(np.float32(factor)) for factor in (alpha, beta)]
        found, gradient = graph(tensor[None] if one else tensor, *factors, given)
        content, style = map(ops.convert_to_numpy, found)
        gradient = gradient[0] if one else gradient
        gradient = ops.convert_to_numpy(gradient) if isinstance(x, np.ndarray) else gradient
        return (float(content[0]), float(style[0]), gradient) if one else (content, style, gradient)

    return objective


def _against(network, content, styles, content_layers, style_layers):
    """(losses, given): a function of images and what it needs. Whole images only go in, as in `winograd_loss.py`."""
    if type(network) is not KerasNetwork:
        raise TypeError(f"a KerasNetwork is needed, got {type(network).__name__}")
    ops = network.ops

    def activations_of(image):
        return network.compiled(ops.convert_to_tensor(image[None]), network.kernels)

    def matrices(a):
        """(B, M, N), the note's F transposed."""
        return ops.reshape(a, (a.shape[0], a.shape[1] * a.shape[2], a.shape[3]))

    def second_moments(F):
        return ops.matmul(ops.transpose(F, (0, 2, 1)), F)  # (6)

    of_content, per_position = activations_of(content), dict.fromkeys(style_layers, 0.0)
    for image, share in styles:
        activations = activations_of(image)
        for layer in style_layers:
            F = matrices(activations[layer])
            per_position[layer] += second_moments(F) * (float(share) / F.shape[1])
    P = {layer: of_content[layer] for layer in content_layers}
    A = {layer: of_content[layer].shape[1] * of_content[layer].shape[2] * mean for layer, mean in per_position.items()}

    def losses(x, given):
        """(content loss, style loss) of each image of x (B, H, W, 3): forward only, to be differentiated."""
        kernels, P, A = given
        activations, content, style = network.tensors(x, kernels), 0.0, 0.0
        for layer in P:
            content += ops.sum((activations[layer] - P[layer]) ** 2, axis=(1, 2, 3)) / 2  # (3)
        for layer in A:
            F = matrices(activations[layer])
            (M, N), difference = F.shape[1:], second_moments(F) - A[layer]
            style += ops.sum(difference**2, axis=(1, 2)) / (4.0 * N**2 * M**2)  # (7)
        return content, style / len(A)  # (8)

    return losses, (network.kernels, P, A)


def tensor_losses(content: np.ndarray, style: np.ndarray) -> Callable:
    """A function: image tensor -> (content loss (4), style loss (8)), as tensors that a GradientTape can follow.

    content, style: images (H, W, 3) of one size; the layers of Gatys et al. For notebook 05, and for float32 checks.
    Tensors are those of the backend that Keras computes with.
    """
    layers = (*STYLE_LAYERS[:4], CONTENT_LAYER, STYLE_LAYERS[4])
    network = KerasNetwork(layers, load_weights(), "max", backend() or "tensorflow")
    losses, given = _against(network, content, [(style, 1.0)], (CONTENT_LAYER,), STYLE_LAYERS)

    def of_one(image):
        content, style = losses(network.ops.convert_to_tensor(image)[None], given)
        return content[0], style[0]

    return of_one
